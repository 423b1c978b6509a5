//! An account whose look panicked: nothing is said of it until there is another model.
//!
//! A panic while an event is folded makes a dead letter, in `kafka/partition.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use compact_str::CompactString;

use super::Engine;
use super::account::fact::Fact;
use super::assess::Assessment;
use super::look::Turn;
use super::output::AccountId;
use super::time::Timestamp;

impl Engine {
    /// Looks at an account, unless it is in quarantine; one that panics goes there, and what it
    /// had said in this look is taken back.
    ///
    /// Its workflow stays as the panic left it: a recount leaves it the same.
    pub(super) fn look_safely(
        &mut self,
        id: &AccountId,
        now: Timestamp,
        facts: &[Fact],
        turn: Turn,
    ) -> Option<Assessment> {
        let watched = self.accounts.get_mut(id)?;
        let quarantine = &mut watched.workflow.quarantine;
        // Its end is said of an account whatever its looks were like.
        if turn != Turn::Last
            && quarantine.as_ref().is_some_and(|version| version == self.model.version())
        {
            self.quarantine(id);
            return None;
        }
        *quarantine = None;
        let already = self.outputs.len();
        let looked = catch_unwind(AssertUnwindSafe(|| self.look(id, now, facts, turn))).ok();
        if looked.is_none() {
            self.outputs.truncate(already);
            self.quarantine(id);
        }
        looked?
    }

    /// Puts off the next look until there is another model.
    fn quarantine(&mut self, id: &AccountId) {
        let Some(watched) = self.accounts.get_mut(id) else { return };
        watched.workflow.quarantine = Some(CompactString::from(self.model.version()));
        watched.dirty.rest = true;
        watched.look_again_at = Timestamp::from_millis(i64::MAX);
        watched.note_model(&self.model);
        self.timers.set(id, watched);
        self.changed.insert(id.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::Origin;
    use crate::engine::account::feed::Memory;
    use crate::engine::decode::{Decoded, Decoder, Record};
    use crate::engine::event::Topic;
    use crate::engine::id::IdKey;
    use crate::engine::model::{DEFAULT_TEXT, Model};
    use crate::engine::output::alert::Transition;
    use crate::engine::output::playbook::RunTransition;
    use crate::engine::output::{Output, OutputBody};

    fn apply(engine: &mut Engine, number: i64, score: u8) {
        let broker_at = Timestamp::from_millis(1_700_000_000_000 + number);
        let value = format!(
            r#"{{"event_id":"{number}","account_id":"acme","type":"nps","score":{score},
                "ts":"{broker_at}"}}"#
        );
        let (key, value) = (Some(&b"acme"[..]), Some(value.as_bytes()));
        let record = Record { topic: Topic::Feedback, key, value, headers: &[], broker_at };
        let Ok(Decoded::Event(event)) = Decoder::new().decode(&record) else { panic!("an event") };
        engine.apply(&event, Origin { offset: number, broker_at });
        engine.finish_step(broker_at, 500);
    }

    #[test]
    fn nothing_is_said_of_an_account_in_quarantine_until_there_is_another_model() {
        let model = Arc::new(Model::default());
        let mut engine = Engine::new(model, IdKey::from_secret("quarantine"), Memory::Bounded);
        apply(&mut engine, 0, 9);
        assert!(!engine.take_outputs().is_empty());
        engine.quarantine(&AccountId::from("acme"));
        let later = Timestamp::from_millis(1_700_000_000_000).plus_days(3);
        apply(&mut engine, 1, 9);
        assert!(!engine.finish_step(later, 500));
        assert!(engine.take_outputs().is_empty());
        let other = DEFAULT_TEXT.replace("yellow: 70", "yellow: 71");
        engine.set_model(Arc::new(Model::parse(&other).expect("a model")), later);
        engine.finish_step(later.plus_days(1), 500);
        assert!(!engine.take_outputs().is_empty());
        assert_eq!(engine.account("acme").unwrap().workflow.quarantine, None);
    }
    #[test]
    fn the_alerts_of_an_account_in_quarantine_end_with_it() {
        let model = Arc::new(Model::default());
        let mut engine = Engine::new(model, IdKey::from_secret("quarantine"), Memory::Bounded);
        apply(&mut engine, 0, 0);
        engine.quarantine(&AccountId::from("acme"));
        engine.take_outputs();
        let broker_at = Timestamp::from_millis(1_700_000_000_000).plus_days(1);
        engine.erase("acme", Origin { offset: 1, broker_at });
        let outputs = engine.take_outputs();
        let is_ended = |it: &Output| match &it.body {
            OutputBody::Alert(alert) => alert.transition == Transition::Resolved,
            OutputBody::Run(run) => run.transition == RunTransition::Cancelled,
            _ => false,
        };
        assert!(outputs.iter().filter(|it| is_ended(it)).count() > 2, "{outputs:?}");
    }
}
