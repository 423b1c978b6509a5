//! A history as a live service would have taken it: record by record, each timer when it is due.
//!
//! The records are held in `history.rs`; what is made of the outputs is the caller's business.

use super::history::{History, Kept};
use crate::engine::decode::{Decoded, Decoder};
use crate::engine::fleet::rhythm::SLOT_MS;
use crate::engine::output::Output;
use crate::engine::time::Timestamp;
use crate::engine::{Engine, Origin, Outcome};

/// What is heard of a replay, in order.
#[derive(Debug)]
pub enum Heard<'a> {
    /// A record was taken.
    Taken(&'a Kept<'a>, Outcome),
    /// The engine said something: because of the record that was taken, or of a timer.
    Said(Output),
}

/// How far and with what in view a history is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// Time passes on to this instant after the last record; nothing: it stops there.
    pub until: Option<Timestamp>,
    /// The records are those of all accounts, so that a feed that stops is told from a customer
    /// who stops, and an account has peers. Else each account is judged by itself.
    pub with_fleet: bool,
}

/// An engine on its way through time.
struct Passage<'e, H> {
    engine: &'e mut Engine,
    hear: H,
    /// When the fleet is looked at next; nothing where it is not.
    fleet_look_at: Option<Timestamp>,
}

/// Takes the sorted `history`.
///
/// A step is one record or one timer. The clock is the broker time of the records; a timer runs
/// before a record of its own instant.
///
/// # Errors
/// What `hear` answers.
pub fn replay<E>(
    history: &History,
    engine: &mut Engine,
    course: Course,
    hear: impl FnMut(Heard<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let decoder = Decoder::new();
    let fleet_look_at = course.with_fleet.then(Timestamp::default);
    if course.with_fleet {
        engine.watch_fleet();
    }
    let mut passage = Passage { engine, hear, fleet_look_at };
    for (offset, kept) in history.iter().enumerate() {
        passage.pass_time(kept.broker_at)?;
        passage.look_at_fleet(kept.broker_at);
        let outcome = apply(passage.engine, &decoder, &kept, offset);
        (passage.hear)(Heard::Taken(&kept, outcome))?;
        if !kept.with_next {
            passage.engine.finish_step(kept.broker_at, 0);
        }
        passage.say()?;
    }
    course.until.map_or(Ok(()), |until| passage.pass_time(until))
}

impl<E, H: FnMut(Heard<'_>) -> Result<(), E>> Passage<'_, H> {
    /// Runs the timers due by `until`, one a step, each as of its due instant.
    fn pass_time(&mut self, until: Timestamp) -> Result<(), E> {
        while let Some(due_at) = self.engine.next_due_at().filter(|due_at| *due_at <= until) {
            self.look_at_fleet(due_at);
            self.engine.finish_step(due_at, 1);
            self.say()?;
        }
        Ok(())
    }

    /// Lets the engine know what all accounts together tell, at most once in each slot of time and
    /// before whatever happens first in it.
    fn look_at_fleet(&mut self, now: Timestamp) {
        if self.fleet_look_at.is_some_and(|due_at| due_at <= now) {
            self.engine.look_at_fleet(now);
            self.fleet_look_at = Some(now.plus_millis(SLOT_MS));
        }
    }

    fn say(&mut self) -> Result<(), E> {
        // Nothing is kept: there is no changelog to write to.
        self.engine.take_changes(|_| {});
        let mut outputs = self.engine.take_outputs().into_iter();
        outputs.try_for_each(|output| (self.hear)(Heard::Said(output)))
    }
}

fn apply(engine: &mut Engine, decoder: &Decoder, kept: &Kept<'_>, offset: usize) -> Outcome {
    let headers = kept.headers();
    let decoded = decoder.decode(&kept.record(&headers));
    let origin = Origin { offset: offset as i64, broker_at: kept.broker_at };
    match decoded.expect("it was decoded before it was held") {
        Decoded::Event(event) => engine.apply(&event, origin),
        Decoded::Erase { account_id } => {
            engine.erase(&account_id, origin);
            Outcome::Applied
        }
    }
}
