//! A person's word against the score: one override at a time, which ends by itself.
//!
//! The command is read in `command.rs`, and when it begins and ends decided in
//! `decide/overrides.rs`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::engine::command;
use crate::engine::id::name_hash;
use crate::engine::stamp::{Moment, Stamp};
use crate::engine::time::Timestamp;

/// Longest note that is kept, in characters; the rest is cut.
pub const NOTE_CHARS_MAX: usize = 1000;

/// The override of an account, and the last command of those that made one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overrides {
    /// The last command, kept when its override is over: an older one that comes late is void.
    last: Option<Stamp>,
    in_force: Option<HealthOverride>,
}

/// What a person says the health is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthOverride {
    /// The command that said it.
    pub command: Stamp,
    /// The health to display, 0 to 100.
    pub value: f64,
    /// Why; published, never logged.
    pub note: String,
    /// Who says so.
    pub by: CompactString,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl HealthOverride {
    /// What a command says; nothing when it ends before it begins.
    pub fn read(event: &command::OverrideHealth<'_>, moment: Moment<'_>) -> Option<Self> {
        (event.expires_at > moment.at).then(|| Self {
            command: moment.stamp(),
            value: event.value.get(),
            note: event.note.chars().take(NOTE_CHARS_MAX).collect(),
            by: CompactString::new(&*event.actor),
            expires_at: event.expires_at,
        })
    }

    /// Tells what it says from what another one says, whichever command said it.
    pub fn number(&self) -> u32 {
        let texts = name_hash(&self.note) ^ name_hash(&self.by).rotate_left(21);
        let expires_at = (self.expires_at.as_millis() as u64).rotate_left(42);
        let all = (texts ^ self.value.to_bits() ^ expires_at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (all >> 32) as u32
    }
}

impl Overrides {
    /// The override that is in force.
    pub const fn in_force(&self) -> Option<&HealthOverride> {
        self.in_force.as_ref()
    }

    /// Whether this is the last override that was said.
    pub fn is_last(&self, said: &HealthOverride) -> bool {
        self.last.as_ref() == Some(&said.command)
    }

    /// Takes an override unless a later command was seen; says whether it did.
    pub fn take(&mut self, new: &HealthOverride) -> bool {
        let is_later = self.last.as_ref().is_none_or(|last| new.command > *last);
        if is_later {
            self.last = Some(new.command.clone());
            self.in_force = Some(new.clone());
        }
        is_later
    }

    /// Ends the override that is over by `now`; says whether it did.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        self.in_force.take_if(|it| it.expires_at <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::decode::Body;
    use crate::engine::event::{EventBody, Topic};

    fn said(at: i64, event_id: &str, value: u8, expires_at: i64) -> Option<HealthOverride> {
        let body = format!(
            r#"{{"actor":"ann","value":{value},"note":"they told me","expires_at":{expires_at}}}"#
        );
        let body = EventBody::read(Topic::Commands, "override_health", &Body::Json(&body));
        let Ok(EventBody::Command(command::Event::OverrideHealth(event))) = body else {
            panic!("{body:?}");
        };
        HealthOverride::read(&event, Moment { at: day(at), event_id })
    }

    fn day(n: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000).plus_days(n)
    }

    fn ms(n: i64) -> i64 {
        day(n).as_millis()
    }

    #[test]
    fn the_last_command_counts_whatever_the_order() {
        let commands = [
            said(1, "a", 10, ms(9)).unwrap(),
            said(2, "a", 20, ms(5)).unwrap(),
            said(2, "b", 30, ms(4)).unwrap(),
        ];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut overrides = Overrides::default();
            for place in order {
                overrides.take(&commands[place]);
            }
            assert_eq!(overrides.in_force(), Some(&commands[2]), "{order:?}");
            assert!(!overrides.expire(day(4).plus_millis(-1)) && overrides.expire(day(4)));
            assert!(!overrides.take(&commands[0]), "late, and older than one that is over");
            assert_eq!(overrides.in_force(), None);
        }
        let again = said(3, "c", 10, ms(9)).unwrap();
        assert_eq!(again.number(), commands[0].number(), "it says the same");
        assert_ne!(commands[0].number(), commands[1].number());
        assert_ne!(commands[0].number(), said(1, "a", 10, ms(8)).unwrap().number());
    }

    #[test]
    fn one_that_ends_before_it_begins_is_void() {
        assert_eq!(said(3, "a", 10, ms(3)), None);
        assert!(said(3, "a", 10, ms(3) + 1).is_some());
    }
}
