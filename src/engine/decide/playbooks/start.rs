//! What begins runs: something that happens or is the case, a date, a cadence.
//!
//! What a run is as it begins stands in `plan.rs`; how it goes on, in `advance.rs`.

use compact_str::CompactString;

use super::plan::{Beginning, Changing, begin};
use super::{Situation, dates, is_silent};
use crate::engine::account::fact::Fact;
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::runs::Cause;
use crate::engine::assess::round_half_up;
use crate::engine::decide::{Attention, Looks};
use crate::engine::figure::Known;
use crate::engine::id::name_hash;
use crate::engine::model::condition::Node;
use crate::engine::model::playbooks::Playbook;
use crate::engine::model::playbooks::start::{Cadence, DateOf, DateStart};
use crate::engine::output::Output;
use crate::engine::time::Timestamp;

/// Begins what is to begin; says whether anything that is kept changed.
pub(in crate::engine::decide) fn start(
    situation: &Situation<'_>,
    facts: &[Fact],
    workflow: &mut Workflow,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> bool {
    let mut held = std::mem::take(&mut workflow.held);
    let mut changed = false;
    for (id, playbook) in situation.model.of(situation.assessment.segment).playbooks.iter() {
        let changing = Changing { workflow, held: &mut held, look, outputs };
        let mut starter = Starter { situation, id, playbook, changing, is_changed: false };
        starter.look(facts);
        changed |= starter.is_changed;
    }
    workflow.held = held;
    changed
}

/// Days for which the launch of a feature is news.
const LAUNCH_DAYS: i64 = 90;

/// One playbook that may begin.
struct Starter<'a, 's> {
    situation: &'a Situation<'s>,
    id: &'a str,
    playbook: &'a Playbook,
    changing: Changing<'a>,
    is_changed: bool,
}

impl Starter<'_, '_> {
    fn look(&mut self, facts: &[Fact]) {
        let start = &self.playbook.start;
        let Some(holds) = self.holds() else { return };
        let is_for = self.changing.workflow.churned_at.is_some() == self.playbook.for_churned;
        if !self.playbook.enabled || !is_for {
            return;
        }
        if start.is_by_condition_alone() {
            return self.by_condition(holds);
        }
        if !holds {
            // Its turn is not missed when the condition comes to hold by then.
            start.every.iter().for_each(|cadence| self.by_cadence(cadence, false));
            return;
        }
        for fact in facts.iter().filter(|fact| fact.is_any(start.on)) {
            self.by_event(fact);
        }
        if let Some(date) = start.date {
            self.by_date(date);
        }
        if let Some(cadence) = start.every {
            self.by_cadence(&cadence, true);
        }
        if start.milestone {
            self.by_milestone();
        }
        if start.launch {
            self.by_launch();
        }
    }

    /// Whether its condition holds, if it has one; nothing while that cannot be told.
    fn holds(&mut self) -> Option<bool> {
        let Some(condition) = &self.playbook.start.when else { return Some(true) };
        let workflow: &Workflow = self.changing.workflow;
        if is_silent(self.situation, &condition.node) {
            return None;
        }
        let known = Known { situation: self.situation, workflow, run: None };
        Some(condition.node.holds(&known, self.changing.held, self.changing.look))
    }

    /// Begins once when the condition comes to hold, or again and again while it does if it may.
    fn by_condition(&mut self, holds: bool) {
        let past = self.changing.workflow.runs.past(self.id);
        let is_spent = past.is_some_and(|past| past.is_spent);
        if !holds {
            if is_spent {
                self.changing.workflow.runs.past_mut(self.id).is_spent = false;
                self.is_changed = true;
            }
            return;
        }
        if self.situation.attention == Attention::First {
            // What was the case already is told by the baseline alerts.
            let past = self.changing.workflow.runs.past_mut(self.id);
            past.is_spent = true;
            past.started_at = Some(self.situation.now);
            self.is_changed = true;
            return;
        }
        let may_repeat = self.playbook.repeat_after_days.is_some();
        let is_held_back = (is_spent && !may_repeat) || !self.may_begin();
        if is_held_back && !self.is_turn() {
            return;
        }
        let Some(condition) = &self.playbook.start.when else { return };
        let workflow: &Workflow = self.changing.workflow;
        let known = Known { situation: self.situation, workflow, run: None };
        let (held, look) = (&mut *self.changing.held, &mut *self.changing.look);
        let why = condition.node.reason(&mut |node| node.holds(&known, held, look));
        let what = why.first_name().into();
        let value = self.first_value(why);
        let reason = value.map_or_else(
            || format!("{what} is the case"),
            |value| format!("{what} is {}", round_half_up(value, 3)),
        );
        let cause = Cause::Condition { what, value };
        self.changing.workflow.runs.past_mut(self.id).is_spent = true;
        let key = format!("since {}", self.situation.now.as_millis());
        self.begin(&Beginning { cause, ..Beginning::new(key, reason) });
    }

    fn first_value(&self, node: &Node) -> Option<f64> {
        let workflow: &Workflow = self.changing.workflow;
        let known = Known { situation: self.situation, workflow, run: None };
        node.tests().first().and_then(|test| test.figure.of(&known))
    }

    fn by_event(&mut self, fact: &Fact) {
        if !self.may_begin() {
            return;
        }
        let kind = fact.kinds.iter().find(|kind| self.playbook.start.on.contains(*kind));
        let what = kind.map_or("an event", |kind| kind.name());
        let event_id = fact.stamp.event_id.clone();
        let key = format!("event {event_id}");
        self.begin(&Beginning {
            cause: Cause::Event { event_id, what: what.into() },
            fact: Some(fact),
            ..Beginning::new(key, what)
        });
    }

    /// Begins once for each date, from its first day on and while it is not too late.
    fn by_date(&mut self, date: DateStart) {
        let now = self.situation.now;
        let Some(anchor_at) = dates::date(self.situation, date.of) else { return };
        let past = self.changing.workflow.runs.past(self.id);
        let is_over = past
            .and_then(|past| past.anchor_at)
            .is_some_and(|before| date.of == DateOf::CreatedAt || before.day() == anchor_at.day());
        if is_over || now >= anchor_at.plus_days(i64::from(date.before_day)) {
            return;
        }
        let from_at = anchor_at.plus_days(i64::from(date.from_day));
        if now < from_at {
            return self.changing.look.at(from_at);
        }
        if !self.may_begin() {
            return;
        }
        let what = date.of.name();
        let day = anchor_at.day();
        self.begin(&Beginning {
            cause: Cause::Date { what: what.into(), at: anchor_at },
            anchor_at: Some(anchor_at),
            anchor: Some(date.of),
            ..Beginning::new(format!("{what} {day}"), format!("{what} is {day}"))
        });
    }

    /// Begins some days before it is time again.
    fn by_cadence(&mut self, cadence: &Cadence, holds: bool) {
        let now = self.situation.now;
        let Some(band) = self.changing.workflow.band else { return };
        let past = self.changing.workflow.runs.past(self.id);
        let Some(planned_at) = dates::next_time(self.situation, cadence, band.band, past) else {
            return;
        };
        let lead_days = i64::from(cadence.lead_days);
        let begin_at = planned_at.plus_days(-lead_days);
        let before = past.and_then(|past| past.anchor_at);
        if before.is_some_and(|before| before.day() >= planned_at.day()) {
            return;
        }
        if now < begin_at {
            return self.changing.look.at(begin_at);
        }
        if !holds {
            return;
        }
        if self.situation.attention == Attention::First {
            let last_at = dates::spread(self.situation, cadence, band.band);
            self.changing.workflow.runs.past_mut(self.id).anchor_at = Some(last_at);
            self.is_changed = true;
            let period_days = i64::from(cadence.days.of(band.band));
            return self.changing.look.at(last_at.plus_days(period_days - lead_days));
        }
        if !self.may_begin() {
            return;
        }
        let is_announced = dates::announced(self.situation, cadence.of).is_some();
        let earliest_at = now.plus_days(lead_days);
        let anchor_at = if is_announced { planned_at } else { planned_at.max(earliest_at) };
        let what = cadence.of.name();
        let day = anchor_at.day();
        self.begin(&Beginning {
            cause: Cause::Date { what: what.into(), at: anchor_at },
            anchor_at: Some(anchor_at),
            cadence: Some(cadence.of),
            ..Beginning::new(format!("{what} {day}"), format!("{what} is due on {day}"))
        });
    }

    /// Begins once for each milestone that is passed.
    fn by_milestone(&mut self) {
        for milestone in &self.situation.model.usage_milestones {
            let Some(test) = milestone.test() else { continue };
            let workflow: &Workflow = self.changing.workflow;
            let known = Known { situation: self.situation, workflow, run: None };
            let seen = name_hash(&milestone.id);
            let (is_passed, value) = (test.holds(&known), test.figure.of(&known));
            if !is_passed || !self.is_new(seen) {
                continue;
            }
            let what = CompactString::from(&milestone.id);
            self.begin(&Beginning {
                cause: Cause::Condition { what, value },
                milestone: Some(&milestone.title),
                ..Beginning::new(format!("milestone {}", milestone.id), milestone.title.clone())
            });
            self.changing.workflow.runs.past_mut(self.id).see(seen);
        }
    }

    /// Begins once for each feature that was launched lately and matters to the account.
    fn by_launch(&mut self) {
        let now = self.situation.now;
        for feature in self.situation.model.relevant_launches(self.situation.account, now) {
            let Some(launched_on) = feature.launched_on else { continue };
            let seen = name_hash(&feature.name);
            if now >= launched_on.plus_days(LAUNCH_DAYS) || !self.is_new(seen) {
                continue;
            }
            self.begin(&Beginning {
                cause: Cause::Date { what: CompactString::from(&feature.name), at: launched_on },
                feature: Some(&feature.name),
                ..Beginning::new(
                    format!("launch {}", feature.name),
                    format!("{} was launched on {}", feature.name, launched_on.day()),
                )
            });
            self.changing.workflow.runs.past_mut(self.id).see(seen);
        }
    }

    /// Whether something is to begin a run that does so only once; on the first day all that is
    /// the case already is passed over.
    fn is_new(&mut self, seen: u64) -> bool {
        let past = self.changing.workflow.runs.past(self.id);
        if past.is_some_and(|past| past.is_seen(seen)) {
            return false;
        }
        if self.situation.attention == Attention::First {
            self.changing.workflow.runs.past_mut(self.id).see(seen);
            self.is_changed = true;
            return false;
        }
        self.may_begin()
    }

    /// Whether the last baseline alert of the account was raised in this look: what held back until
    /// then may begin now.
    fn is_turn(&self) -> bool {
        let workflow: &Workflow = self.changing.workflow;
        matches!(self.situation.attention, Attention::Allotted(_))
            && !workflow.is_baseline_waiting()
            && !workflow.is_run_open(self.id)
    }

    /// Whether the limits allow another run now; asks for a look when time alone will.
    fn may_begin(&mut self) -> bool {
        let runs = &self.changing.workflow.runs;
        if runs.open_of(self.id).count() >= self.playbook.parallel_max as usize {
            return false;
        }
        let before: Option<Timestamp> = runs.past(self.id).and_then(|past| past.started_at);
        let Some((before, days)) = before.zip(self.playbook.repeat_after_days) else { return true };
        let again_at = before.plus_days(i64::from(days));
        self.changing.look.at(again_at);
        again_at <= self.situation.now
    }

    fn begin(&mut self, beginning: &Beginning<'_>) {
        self.is_changed = true;
        begin(self.situation, (self.id, self.playbook), beginning, &mut self.changing);
    }
}
