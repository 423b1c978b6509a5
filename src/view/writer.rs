//! The one writer of the view: takes records in, and publishes a snapshot when asked to.
//!
//! Where records come from is the feed's business (`kafka/view_feed.rs`); nothing is computed
//! about an account here: its figures are those that were published.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::watch;
use uuid::Uuid;

use super::View;
use super::account::{HealthRow, WorkRow};
use super::answers::Answers;
use super::changes::Change;
use super::figures::groups::Groups;
use super::pack::Packer;
use super::slot::Slot;
use super::snapshot::Snapshot;
use super::timeline::{self, Moment};
use crate::engine::output::alert::{Alert, AlertStatus};
use crate::engine::output::deliverable::Deliverable;
use crate::engine::output::health::AccountHealth;
use crate::engine::output::opportunity::OpportunityRecord;
use crate::engine::output::playbook::RunRecord;
use crate::engine::output::work::AccountWork;
use crate::engine::output::{AccountId, OutputTopic};
use crate::engine::time::Timestamp;

/// How many of the newest alert transitions are kept.
const ALERTS_MAX: usize = 200;

/// How many accounts a publication counts anew because another day began: the others follow with
/// the next ones.
const SHARES_PER_PUBLICATION: usize = 2_000;

/// A record of an output topic.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Which topic.
    pub topic: OutputTopic,
    /// The partition number.
    pub partition: i32,
    /// The account, or the subject of an alert about all of them.
    pub key: &'a str,
    /// What it says; nothing means that the account was erased.
    pub value: Option<&'a [u8]>,
}

/// A record of an output topic that is not what the contract says.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its value does not have the shape of its topic.
    #[error("a record of {0} is not readable: {1}")]
    Shape(&'static str, serde_json::Error),
    /// It could not be kept.
    #[error("a record of {0} could not be packed: {1}")]
    Pack(&'static str, std::io::Error),
}

/// Takes records in and publishes snapshots.
pub struct Writer {
    slots: BTreeMap<AccountId, Slot>,
    fleet_alerts: BTreeMap<Uuid, Arc<Alert>>,
    newest_alerts: VecDeque<Arc<Alert>>,
    answers: Answers,
    groups: Groups,
    health_packer: Packer,
    work_packer: Packer,
    changed: Vec<AccountId>,
    changes: Vec<Change>,
    /// The snapshot to come: what is not collected from the slots is kept in it.
    next: Snapshot,
    is_dirty: bool,
    /// Snapshots were published whose changes nobody was told.
    is_untold: bool,
    published: watch::Sender<Arc<Snapshot>>,
}

impl Writer {
    /// A writer of an empty view. `epoch` is another number in each life of the process.
    pub fn new(epoch: u64) -> (Self, View) {
        let next = Snapshot { epoch, ..Snapshot::default() };
        let (published, snapshots) = watch::channel(Arc::new(next.clone()));
        let writer = Self {
            slots: BTreeMap::new(),
            fleet_alerts: BTreeMap::new(),
            newest_alerts: VecDeque::new(),
            answers: Answers::default(),
            groups: Groups::default(),
            health_packer: Packer::new(),
            work_packer: Packer::new(),
            changed: Vec::new(),
            changes: Vec::new(),
            next,
            is_dirty: false,
            is_untold: false,
            published,
        };
        (writer, View::new(snapshots))
    }

    /// Takes a record in. It is seen with the next [`Writer::publish`].
    ///
    /// # Errors
    /// When the value is not what its topic holds; nothing changed then.
    pub fn take(&mut self, record: &Record<'_>) -> Result<(), Unreadable> {
        self.is_dirty = true;
        match (record.topic, record.value) {
            (OutputTopic::AccountHealth, value) => self.take_health(record, value),
            (OutputTopic::AccountWork, value) => self.take_work(record, value),
            (OutputTopic::Alerts, Some(value)) => {
                self.take_alert(record, read(record.topic, value)?);
                Ok(())
            }
            (OutputTopic::Playbooks, Some(value)) => {
                let run: RunRecord = read(record.topic, value)?;
                self.note(record, Some(Moment::of_run(&run)));
                Ok(())
            }
            (OutputTopic::Opportunities, Some(value)) => {
                let opportunity: OpportunityRecord = read(record.topic, value)?;
                self.note(record, Some(Moment::of_opportunity(&opportunity)));
                Ok(())
            }
            (OutputTopic::Deliverables, Some(value)) => {
                let answer: Deliverable = read(record.topic, value)?;
                self.note(record, Moment::of_answer(&answer));
                self.answers.keep(answer);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Notes how far the output topics were read.
    pub fn note_progress(&mut self, is_ready: bool, lag: u64) {
        if self.next.is_ready != is_ready || self.next.lag != lag {
            (self.next.is_ready, self.next.lag) = (is_ready, lag);
            self.is_dirty = true;
        }
    }

    /// Publishes what was taken in; does nothing when that is nothing and the day is the same.
    pub fn publish(&mut self, now: Timestamp) {
        if !self.is_dirty && now.day() == self.next.now.day() {
            return;
        }
        self.is_dirty = false;
        if now.day() != self.next.now.day() && self.next.is_ready {
            // What came for accounts that were erased meanwhile.
            self.slots.retain(|_, slot| slot.health.is_some() || slot.work.is_some());
            let slots = &self.slots;
            self.newest_alerts
                .retain(|it| it.is_about_all() || slots.contains_key(it.account_id.as_str()));
        }
        self.next.version += 1;
        self.next.now = now;
        self.tell_changes();
        let mut n_old = 0;
        for slot in self.slots.values_mut() {
            let is_old = slot.share.as_ref().is_some_and(|(_, day)| *day != now.day());
            n_old += usize::from(is_old && slot.account.is_some());
            if slot.account.is_none() || (is_old && n_old <= SHARES_PER_PUBLICATION) {
                slot.renew(&mut self.groups, now.day());
            }
        }
        self.is_dirty = n_old > SHARES_PER_PUBLICATION;
        self.next.figures = self.groups.publish();
        self.next.accounts = self.slots.values().filter_map(|slot| slot.account.clone()).collect();
        self.next.fleet_alerts = self.fleet_alerts.values().cloned().collect();
        self.next.newest_alerts = self.newest_alerts.iter().cloned().collect();
        self.next.answers = self.answers.clone();
        self.published.send_replace(Arc::new(self.next.clone()));
    }

    fn take_health(&mut self, record: &Record<'_>, value: Option<&[u8]>) -> Result<(), Unreadable> {
        let row = match value {
            Some(value) => {
                let health: AccountHealth = read(record.topic, value)?;
                let packed = self.health_packer.pack(value);
                let packed =
                    packed.map_err(|error| Unreadable::Pack(record.topic.name(), error))?;
                self.next.as_of = self.next.as_of.max(Some(health.at));
                let row = Arc::new(HealthRow::new(&health, packed));
                Some((row, Box::new(health)))
            }
            None => None,
        };
        self.next.n_published += 1;
        let slot = self.touch(record);
        if row.is_none() {
            slot.timeline = Arc::default();
        }
        slot.is_share_old = true;
        (slot.health, slot.fresh_health) = row.unzip();
        self.forget_if_empty(record.key);
        Ok(())
    }

    fn take_work(&mut self, record: &Record<'_>, value: Option<&[u8]>) -> Result<(), Unreadable> {
        let row = match value {
            Some(value) => {
                let work: AccountWork = read(record.topic, value)?;
                let packed = self.work_packer.pack(value);
                let packed =
                    packed.map_err(|error| Unreadable::Pack(record.topic.name(), error))?;
                let row = Arc::new(WorkRow::new(&work, packed));
                Some((row, Box::new(work)))
            }
            None => None,
        };
        let slot = self.touch(record);
        slot.is_share_old = true;
        let old = slot.work.take();
        (slot.work, slot.fresh_work) = row.unzip();
        let new = slot.work.clone();
        let (old, new) = (ids_of(old.as_deref()), ids_of(new.as_deref()));
        self.next.ids.put(&AccountId::from(record.key), old, new);
        self.forget_if_empty(record.key);
        Ok(())
    }

    fn take_alert(&mut self, record: &Record<'_>, alert: Alert) {
        self.next.n_alerts += 1;
        let alert = Arc::new(alert);
        if self.newest_alerts.len() == ALERTS_MAX {
            self.newest_alerts.pop_front();
        }
        self.newest_alerts.push_back(Arc::clone(&alert));
        let csm = if alert.is_about_all() {
            if alert.status == AlertStatus::Resolved {
                self.fleet_alerts.remove(&alert.alert_id);
            } else {
                self.fleet_alerts.insert(alert.alert_id, Arc::clone(&alert));
            }
            None
        } else {
            // It is told itself: that its account has one more moment is not told besides.
            if let Some(moment) = Moment::of_alert(&alert) {
                let slot = slot_of(&mut self.slots, record);
                timeline::insert(Arc::make_mut(&mut slot.timeline), moment);
            }
            Some(alert.owner.clone().unwrap_or_default())
        };
        self.changes.push(Change::of_alert(&alert, csm));
    }

    /// Puts a moment on an account's timeline.
    fn note(&mut self, record: &Record<'_>, moment: Option<Moment>) {
        if let Some(moment) = moment {
            timeline::insert(Arc::make_mut(&mut self.touch(record).timeline), moment);
        }
    }

    /// The slot of a record's account, whose change is told.
    fn touch(&mut self, record: &Record<'_>) -> &mut Slot {
        let slot = slot_of(&mut self.slots, record);
        if !std::mem::replace(&mut slot.is_changed, true) {
            self.changed.push(AccountId::from(record.key));
        }
        slot
    }

    fn forget_if_empty(&mut self, id: &str) {
        if self.slots.get(id).is_some_and(|slot| slot.health.is_none() && slot.work.is_none()) {
            let share = self.slots.remove(id).and_then(|slot| slot.share);
            self.groups.put(share.as_ref().map(|(share, _)| &**share), None);
            self.next.tail.erase(id);
            self.newest_alerts.retain(|alert| alert.account_id != id);
            for alert in
                self.fleet_alerts.values_mut().filter(|it| it.accounts.iter().any(|it| it == id))
            {
                Arc::make_mut(alert).accounts.retain(|account| account != id);
            }
        }
    }

    /// Moves what changed into the tail. While the view is not ready it is not told one by one: who
    /// follows reads afresh once it is.
    fn tell_changes(&mut self) {
        let mut changes = std::mem::take(&mut self.changes);
        for id in std::mem::take(&mut self.changed) {
            let before = self.next.account(&id).map(|account| account.health.csm.clone());
            let slot = self.slots.get_mut(&id);
            let health = slot.and_then(|slot| {
                slot.is_changed = false;
                Some((Arc::clone(slot.health.as_ref()?), slot.work.clone()))
            });
            changes.extend(match health {
                Some((health, work)) => Some(Change::of_account(&health, work.as_deref(), before)),
                // What comes after an erasure brings no account back.
                None => before.is_some().then(|| Change::of_erased(id, before)),
            });
        }
        if !self.next.is_ready {
            self.is_untold = true;
        } else if std::mem::take(&mut self.is_untold) {
            self.next.tail.forget(self.next.version);
        } else {
            self.next.tail.push(self.next.version, changes);
        }
    }
}

/// The slot of a record's account, to be published anew.
fn slot_of<'a>(slots: &'a mut BTreeMap<AccountId, Slot>, record: &Record<'_>) -> &'a mut Slot {
    let slot = slots.entry(AccountId::from(record.key)).or_default();
    slot.partition = record.partition;
    slot.account = None;
    slot
}

fn ids_of(work: Option<&WorkRow>) -> &[Uuid] {
    work.map_or(&[], |work| &work.ids)
}

fn read<T: DeserializeOwned>(topic: OutputTopic, value: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(value).map_err(|error| Unreadable::Shape(topic.name(), error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::{NOW, account, alert, take, work};

    #[test]
    fn an_erased_account_leaves_nothing() {
        let (mut writer, view) = Writer::new(7);
        take(&mut writer, OutputTopic::AccountHealth, &account("acme", |_| {}));
        let open = alert("acme", "error", "open");
        take(&mut writer, OutputTopic::AccountWork, &work("acme", vec![open.clone()]));
        take(&mut writer, OutputTopic::Alerts, &alert("acme", "error", "open"));
        writer.publish(NOW);
        assert_eq!(view.latest().accounts()[0].alerts().len(), 1);
        for topic in [OutputTopic::AccountHealth, OutputTopic::AccountWork] {
            writer.take(&Record { topic, partition: 0, key: "acme", value: None }).unwrap();
        }
        let open = serde_json::from_value(open["alert_id"].clone()).unwrap();
        writer.publish(NOW);
        assert_eq!(view.latest().accounts().len(), 0);
        assert!(view.latest().account_of(open).is_none());
        assert!(writer.next.ids.account(open).is_none());
        assert_eq!(writer.slots.len(), 0);
    }
}
