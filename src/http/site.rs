//! What pages and programs are answered from: the state of every route of `http.listen`.
//!
//! What is done with it is in the files beside this one; who fills it is `cli/run.rs`.

use crate::kafka::clock::Clock;
use crate::view::View;

/// The state of all routes.
#[derive(Clone)]
pub struct Site {
    /// What was published.
    pub view: View,
    /// The wall clock.
    pub clock: Clock,
}
