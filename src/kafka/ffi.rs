//! The only `unsafe`: what neither the standard library nor rdkafka offers safely.
//!
//! Each call carries the reason why it is sound.

use std::ffi::CStr;

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka_sys as sys;

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

/// Who a consumer is to its group's coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    /// The generation of the group; negative before the first join.
    pub generation: i32,
    /// The member id; empty before the first join.
    pub member_id: String,
}

impl Membership {
    /// Whether the coordinator checks a transactional commit with it.
    ///
    /// A commit with generation -1 or an empty member id passes the fence unchecked.
    pub(super) fn is_fenced(&self) -> bool {
        self.generation >= 0 && !self.member_id.is_empty()
    }
}

/// Reads the group metadata that `consumer` would send with a transaction now.
#[allow(unsafe_code)]
pub(super) fn membership<C: ClientContext + ConsumerContext>(
    consumer: &BaseConsumer<C>,
) -> Option<Membership> {
    // SAFETY: the client pointer is valid while `consumer` is borrowed. The metadata is owned by
    // us until destroyed below; the member id points into it and is copied before that.
    unsafe {
        let metadata = sys::rd_kafka_consumer_group_metadata(consumer.client().native_ptr());
        if metadata.is_null() {
            return None;
        }
        let generation = sys::rd_kafka_consumer_group_metadata_generation_id(metadata);
        let member_id = sys::rd_kafka_consumer_group_metadata_member_id(metadata);
        let member_id = if member_id.is_null() {
            String::new()
        } else {
            CStr::from_ptr(member_id).to_string_lossy().into_owned()
        };
        sys::rd_kafka_consumer_group_metadata_destroy(metadata);
        Some(Membership { generation, member_id })
    }
}
