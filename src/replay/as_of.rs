//! What would have been believed of an account at given instants: fold and assess, nothing else.
//!
//! The questions are read from a file in `cli/replay`; what would have been said is replayed in
//! `live.rs`.

use std::collections::{BTreeMap, HashMap};

use compact_str::CompactString;
use foldhash::fast::FixedState;

use super::history::{History, Kept};
use crate::engine::account::Account;
use crate::engine::account::feed::Memory;
use crate::engine::assess::{Assessment, assess};
use crate::engine::decode::{Decoded, Decoder};
use crate::engine::id::IdKey;
use crate::engine::model::Model;
use crate::engine::silence::Silences;
use crate::engine::time::Timestamp;

/// One row: an account and an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whose assessment is wanted.
    pub account_id: CompactString,
    /// The events before this instant count.
    pub as_of: Timestamp,
}

/// What all answers are made with.
pub struct Answerer<'m> {
    /// What is believed of accounts.
    pub model: &'m Model,
    /// Hashes ids of people and events.
    pub id_key: IdKey,
    /// Reads records.
    pub decoder: Decoder,
}

/// One account on its way through its events.
struct Folding<'a, 'm> {
    answerer: &'a Answerer<'m>,
    account: Account,
    erased_at: Option<Timestamp>,
}

impl Answerer<'_> {
    /// Hands `take` the answer to each question with its place among `questions`, account by
    /// account and in the order of time.
    ///
    /// Each account is folded once, so the work is one of events and questions together. An
    /// account without events before the instant has the assessment of one that is not known.
    ///
    /// # Errors
    /// What `take` answers.
    pub fn answer<E>(
        &self,
        history: &History,
        questions: &[Question],
        mut take: impl FnMut(usize, &Assessment) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut asked: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, question) in questions.iter().enumerate() {
            asked.entry(&question.account_id).or_default().push(place);
        }
        let mut events: HashMap<&str, Vec<Kept<'_>>, FixedState> = HashMap::default();
        for kept in history.by_account().filter(|kept| asked.contains_key(kept.account_id)) {
            events.entry(kept.account_id).or_default().push(kept);
        }
        for (account_id, mut places) in asked {
            places.sort_by_key(|place| questions[*place].as_of);
            let events = events.remove(account_id).unwrap_or_default();
            let mut events = events.iter().peekable();
            let mut folding = Folding::new(self);
            for place in places {
                let as_of = questions[place].as_of;
                while let Some(kept) = events.next_if(|kept| kept.at < as_of) {
                    folding.fold(kept);
                }
                take(place, &assess(self.model, &Silences::NONE, &folding.account, as_of))?;
            }
        }
        Ok(())
    }
}

impl<'a, 'm> Folding<'a, 'm> {
    fn new(answerer: &'a Answerer<'m>) -> Self {
        Self { answerer, account: Account::new(Memory::All), erased_at: None }
    }

    fn fold(&mut self, kept: &Kept<'_>) {
        if self.erased_at.is_some_and(|erased_at| kept.broker_at <= erased_at) {
            return;
        }
        let headers = kept.headers();
        let decoded = self.answerer.decoder.decode(&kept.record(&headers));
        match decoded.expect("it was decoded before it was held") {
            Decoded::Event(event) => {
                // As in a file: its record's time is its own.
                let labels = self.answerer.model.labels(&event.body);
                self.account.fold(&event, event.at, &self.answerer.id_key, &labels);
            }
            Decoded::Erase { .. } => {
                self.account = Account::new(Memory::All);
                self.erased_at = Some(kept.broker_at);
            }
        }
    }
}
