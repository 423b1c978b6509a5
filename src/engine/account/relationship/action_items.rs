//! What was promised, and whether it was done.
//!
//! What is said of those that are late is decided in `decide.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::id::IdKey;
use crate::engine::stamp::{Last, Moment};
use crate::engine::time::Timestamp;
use crate::engine::window::id_map::IdMap;

use super::{ActionItem, ActionStatus};

/// Most action items of an account; of the done ones, else of all, the one not heard of for
/// longest goes.
pub const ACTION_ITEMS_MAX: usize = 256;

/// Action items by hash.
pub type ActionItems = IdMap<ActionItemState, ACTION_ITEMS_MAX>;

/// One action item; its words are not kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActionItemState {
    /// When it was promised first.
    pub opened_at: Option<Timestamp>,
    /// What was said last: one that is opened again is not done.
    pub status: Last<ActionStatus>,
    /// By when it is to be done, as said last.
    pub due: Last<Timestamp>,
}

impl ActionItemState {
    /// Whether it was done, and not opened again.
    pub fn is_done(&self) -> bool {
        matches!(self.status.get(), Some(ActionStatus::Done))
    }

    fn note(&mut self, item: &ActionItem<'_>, moment: Moment<'_>) {
        if matches!(item.status, ActionStatus::Opened) {
            let first = self.opened_at.unwrap_or(moment.at);
            self.opened_at = Some(first.min(moment.at));
        }
        self.status.see(moment, || item.status);
        if let Some(due) = item.due {
            self.due.see(moment, || due);
        }
    }
}

pub(super) fn note(
    items: &mut ActionItems,
    item: &ActionItem<'_>,
    moment: Moment<'_>,
    key: &IdKey,
) {
    let age_key = |held: &ActionItemState| (!held.is_done(), held.status.at());
    items.update(key.hash(&item.item_id), |held| held.note(item, moment), age_key);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::field::{Id, Str};

    fn items(events: &[(&str, i64, ActionStatus, Option<i64>)]) -> ActionItems {
        let mut items = ActionItems::default();
        for (id, at, status, due) in events {
            let item = ActionItem {
                item_id: Id::new(Str::borrowed(id)).unwrap(),
                status: *status,
                title: None,
                owner: None,
                due: due.map(Timestamp::from_millis),
            };
            let moment = Moment { at: Timestamp::from_millis(*at), event_id: "e" };
            note(&mut items, &item, moment, &IdKey::new([7; 16]));
        }
        items
    }

    #[test]
    fn the_last_word_says_whether_it_is_done_and_by_when() {
        use ActionStatus::{Done, Opened};
        let items = items(&[
            ("a", 4, Done, None),
            ("a", 2, Opened, Some(9)),
            ("a", 3, Opened, Some(8)),
            ("b", 5, Done, None),
            ("b", 6, Opened, None),
        ]);
        let held: Vec<_> = ["a", "b"]
            .map(|id| items.get(IdKey::new([7; 16]).hash(id)).unwrap())
            .map(|item| (item.is_done(), item.opened_at, item.due.get().copied()))
            .into();
        let ms = |ms| Some(Timestamp::from_millis(ms));
        assert_eq!(held, [(true, ms(2), ms(8)), (false, ms(6), None)]);
    }

    #[test]
    fn when_there_are_too_many_a_done_one_goes_first() {
        use ActionStatus::{Done, Opened};
        let ids: Vec<String> = (0..=ACTION_ITEMS_MAX).map(|number| number.to_string()).collect();
        let status = |number| if number == 200 { Done } else { Opened };
        let events: Vec<_> = (ids.iter().enumerate())
            .map(|(number, id)| (id.as_str(), number as i64, status(number), None))
            .collect();
        let items = items(&events);
        assert_eq!((items.values().len(), items.lost()), (ACTION_ITEMS_MAX, 1));
        assert!(items.values().all(|item| !item.is_done()));
    }
}
