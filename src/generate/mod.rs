//! A believable world of customers, from a seed: what `pulse generate` and `pulse demo` write.
//!
//! It makes events and knows no Kafka and no clock (those are the CLI's), and none of the rules by
//! which the engine scores: a *hidden* state of each account drives both what happens to it and
//! whether it leaves, so that what the engine finds can be held against what was true.
//!
//! Reading order: [`world`] deals days to accounts and events to the caller in broker-time order,
//! `account` lives one account's day (`state` is what is hidden, the other files what shows),
//! `outbox` puts late, repeated and reordered deliveries in between, [`truth`] is what was hidden.
//!
//! Every account has its own stream of chance, derived from seed and number: accounts do not
//! influence one another, and a world of N accounts is the beginning of one of N + 1.

pub mod truth;
pub mod world;

mod account;
mod body;
mod calendar;
mod chance;
mod names;
mod outbox;
mod texts;
mod vendor;
