//! The only `unsafe`: what neither the standard library nor rdkafka offers safely.
//!
//! Each call carries the reason why it is sound.

#[allow(unsafe_code)]
mod c {
    use std::ffi::c_int;

    // SAFETY: `_exit(2)` of the C library takes any status and does not return; it touches no
    // memory of the caller.
    unsafe extern "C" {
        pub(super) safe fn _exit(status: c_int) -> !;
    }
}

/// Ends the process at once, running no destructor and no exit routine of any library.
///
/// For the hard deadline of a shutdown: `std::process::exit` runs OpenSSL's and librdkafka's exit
/// routines, which can wait for a thread that hangs. Kafka holds all state, so nothing is lost.
pub fn exit_now(status: u8) -> ! {
    c::_exit(status.into())
}
