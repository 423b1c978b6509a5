//! How an episode goes on: it holds, is raised, said again, handed up, and ends.
//!
//! Which episodes there are, and what suppresses them, is said in `alerts.rs`.

use super::record;
use super::{Changing, Stand};
use crate::engine::account::workflow::episodes::{Answer, Episode, Phase, Raised, Suppression};
use crate::engine::decide::{Attention, Situation};
use crate::engine::model::rules::Rule;
use crate::engine::output::alert::{Resolution, Transition};
use crate::engine::time::Timestamp;

impl Changing<'_> {
    /// The next phase of an episode; nothing when its rule is at rest.
    pub(super) fn next(
        &mut self,
        situation: &Situation<'_>,
        stand: &Stand<'_>,
        episode: &Episode,
        phase: Option<Phase>,
        holds: bool,
        why: Option<Suppression>,
    ) -> Option<Phase> {
        let (now, rule) = (situation.now, stand.rule);
        match phase {
            None if situation.attention == Attention::First => {
                if let Some(why) = why.filter(|_| holds) {
                    self.suppress(why);
                }
                holds.then_some(Phase::Baseline)
            }
            Some(Phase::Baseline) if !holds => None,
            Some(Phase::Baseline) => Some(self.baseline(situation, rule, episode, why)),
            Some(Phase::Raised(raised)) => self.open(situation, stand, episode, raised, holds, why),
            Some(Phase::CoolingDown { until, is_counted }) if now < until => {
                self.look.at(until);
                if holds && !is_counted {
                    self.suppress(Suppression::CoolDown);
                }
                Some(Phase::CoolingDown { until, is_counted: is_counted || holds })
            }
            Some(Phase::Dismissed { until, .. }) if stand.is_clear && !holds && now < until => {
                self.cooling(rule, now)
            }
            Some(Phase::Dismissed { until, is_counted }) if now < until => {
                self.look.at(until);
                if holds && !is_counted {
                    self.suppress(Suppression::Dismissed);
                }
                Some(Phase::Dismissed { until, is_counted: is_counted || holds })
            }
            _ if !holds => None,
            phase => {
                let (since, before) = match phase {
                    Some(Phase::Holding { since, why }) => (since, why),
                    _ => (now, None),
                };
                self.hold_or_raise(situation, rule, episode, (since, before), why)
            }
        }
    }

    fn hold_or_raise(
        &mut self,
        situation: &Situation<'_>,
        rule: &Rule,
        episode: &Episode,
        (since, before): (Timestamp, Option<Suppression>),
        why: Option<Suppression>,
    ) -> Option<Phase> {
        let now = situation.now;
        let raise_at = since.plus_millis(rule.hold_ms());
        if now < raise_at {
            self.look.at(raise_at);
            return Some(Phase::Holding { since, why: None });
        }
        let max = situation.model.alerts.per_account_and_day_max;
        // The cap is an account's: each silent feed is news of its own.
        let is_full = rule.fleet.is_none() && self.workflow.raised_on.on(now.day()) >= max;
        let why = why.or(is_full.then_some(Suppression::Cap));
        if let Some(reason) = why {
            if before != why {
                self.suppress(reason);
            }
            if reason == Suppression::Cap {
                self.look.at(now.day().plus(1).start());
            }
            return Some(Phase::Holding { since, why });
        }
        Some(Phase::Raised(self.raise(situation, rule, episode, false)))
    }

    /// An alert of the first day waits for its turn, and for what suppresses it.
    fn baseline(
        &mut self,
        situation: &Situation<'_>,
        rule: &Rule,
        episode: &Episode,
        why: Option<Suppression>,
    ) -> Phase {
        if self.baseline_left == 0 || why.is_some() {
            return Phase::Baseline;
        }
        self.baseline_left -= 1;
        Phase::Raised(self.raise(situation, rule, episode, true))
    }

    fn raise(
        &mut self,
        situation: &Situation<'_>,
        rule: &Rule,
        episode: &Episode,
        is_baseline: bool,
    ) -> Raised {
        let mut raised = Raised::new(situation.now, rule.severity);
        raised.observed = self.observed(situation, rule);
        raised.is_baseline = is_baseline;
        if rule.fleet.is_none() {
            self.workflow.raised_on.note(situation.now.day());
        }
        self.look.at(raised.raised_at.plus_millis(rule.due_ms()));
        self.say(situation, episode, &raised, Transition::Raised);
        raised
    }

    /// An open alert: ends, or is handed up, or is said again.
    fn open(
        &mut self,
        situation: &Situation<'_>,
        stand: &Stand<'_>,
        episode: &Episode,
        mut raised: Raised,
        holds: bool,
        why: Option<Suppression>,
    ) -> Option<Phase> {
        let (now, rule) = (situation.now, stand.rule);
        match why {
            // One that waits itself does not speak yet.
            Some(Suppression::Inhibited) if !self.is_spoken_for(situation, rule) => {}
            Some(Suppression::Inhibited | Suppression::Portfolio) => {
                return self.end(situation, rule, episode, &raised, Resolution::Superseded);
            }
            // What cannot be told is left as it is.
            Some(Suppression::SilentFeed) => return Some(Phase::Raised(raised)),
            _ => {}
        }
        if !holds && stand.is_clear {
            if raised.clear_since.is_none() && is_proven_wrong(situation, rule, &raised) {
                return self.end(situation, rule, episode, &raised, Resolution::LateData);
            }
            let clear_since = *raised.clear_since.get_or_insert(now);
            let clear_at = clear_since.plus_millis(rule.clear_ms());
            if now >= clear_at {
                return self.end(situation, rule, episode, &raised, Resolution::Cleared);
            }
            self.look.at(clear_at);
        } else if holds {
            raised.clear_since = None;
        }
        let is_awake = raised.wake(now);
        if !self.hand_up(situation, rule, episode, &mut raised) {
            self.say_again(situation, rule, episode, &mut raised, (holds, is_awake));
        }
        Some(Phase::Raised(raised))
    }

    /// Hands an alert up, once, that nobody looked after in time; says whether it did.
    fn hand_up(
        &mut self,
        situation: &Situation<'_>,
        rule: &Rule,
        episode: &Episode,
        raised: &mut Raised,
    ) -> bool {
        let is_clear = raised.clear_since.is_some();
        if raised.is_escalated || is_clear || raised.answer != Answer::None {
            return false;
        }
        let due_at = raised.raised_at.plus_millis(rule.due_ms());
        if situation.now < due_at {
            self.look.at(due_at);
            return false;
        }
        raised.is_escalated = true;
        raised.sequence += 1;
        raised.observed = self.observed(situation, rule);
        self.say(situation, episode, raised, Transition::Escalated);
        true
    }

    /// Says an open alert again whose figure moved far enough, or that is no longer to be quiet.
    fn say_again(
        &mut self,
        situation: &Situation<'_>,
        rule: &Rule,
        episode: &Episode,
        raised: &mut Raised,
        (holds, is_awake): (bool, bool),
    ) {
        if let Some(until) = raised.snoozed_until() {
            self.look.at(until);
        }
        let observed = record::first_figure(situation, self.workflow, rule);
        let is_news = holds && has_moved(situation, raised.observed, observed);
        if is_awake || is_news {
            self.update(situation, rule, episode, raised);
        }
    }

    /// Says an open alert again, unless it is to be quiet.
    pub(super) fn update(
        &mut self,
        situation: &Situation<'_>,
        rule: &Rule,
        episode: &Episode,
        raised: &mut Raised,
    ) {
        if let Answer::Snoozed(snooze) = &mut raised.answer {
            if !std::mem::replace(&mut snooze.is_counted, true) {
                self.suppress(Suppression::Snoozed);
            }
            return;
        }
        raised.sequence += 1;
        raised.observed = self.observed(situation, rule);
        self.say(situation, episode, raised, Transition::Updated);
    }

    /// Whether the alert of a graver rule is open.
    fn is_spoken_for(&self, situation: &Situation<'_>, rule: &Rule) -> bool {
        let mut graver =
            situation.model.alerts.rules.iter().filter(|it| it.inhibits.contains(&rule.id));
        graver.any(|it| self.workflow.is_alert_open(&it.id))
    }

    fn say(
        &mut self,
        situation: &Situation<'_>,
        episode: &Episode,
        raised: &Raised,
        transition: Transition,
    ) {
        let word = record::said(situation, self.workflow, (episode, raised), transition);
        self.outputs.push(word);
    }

    /// The figure whose moves are news.
    fn observed(&self, situation: &Situation<'_>, rule: &Rule) -> Option<f64> {
        record::first_figure(situation, self.workflow, rule).map(|(value, _)| value)
    }

    fn end(
        &mut self,
        situation: &Situation<'_>,
        rule: &Rule,
        episode: &Episode,
        raised: &Raised,
        how: Resolution,
    ) -> Option<Phase> {
        self.outputs.push(record::resolved(situation, self.workflow, (episode, raised), how));
        self.cooling(rule, situation.now)
    }

    fn cooling(&mut self, rule: &Rule, now: Timestamp) -> Option<Phase> {
        let until = now.plus_millis(rule.cool_down_ms());
        self.look.at(until);
        (until > now).then_some(Phase::CoolingDown { until, is_counted: false })
    }

    fn suppress(&mut self, why: Suppression) {
        self.suppressed[why as usize] += 1;
    }
}

/// Whether a figure is far enough from what was said last. Points count as they are, all others
/// as a share.
fn has_moved(
    situation: &Situation<'_>,
    said: Option<f64>,
    observed: Option<(f64, &'static str)>,
) -> bool {
    let alerts = &situation.model.alerts;
    match (said, observed) {
        (Some(said), Some((observed, "points"))) => (observed - said).abs() >= alerts.update_points,
        // Days until something pass by themselves: that is no news.
        (_, Some((_, "days"))) => false,
        (Some(said), Some((observed, _))) => {
            let moved = (observed - said).abs();
            moved > 0.0 && moved >= alerts.update_share * said.abs()
        }
        (None, Some(_)) => true,
        (_, None) => false,
    }
}

/// Whether something that the rule follows from happened before the alert was raised and is heard
/// of only now: what was said then was not true.
fn is_proven_wrong(situation: &Situation<'_>, rule: &Rule, raised: &Raised) -> bool {
    let Some(late) = situation.late.filter(|late| late.from < raised.raised_at) else {
        return false;
    };
    let when = rule.when.as_ref();
    when.is_none_or(|when| when.node.follows_from_any(&|topic| late.is_of(topic)))
}
