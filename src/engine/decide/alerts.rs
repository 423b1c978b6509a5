//! Alert rules against the situation: which episodes there are, and what keeps them from speaking.
//!
//! What a rule says is written in the model file (`model/rules.rs`); how an episode goes on stands
//! in `alerts/advance.rs`, what is published of it in `alerts/record.rs`, what people answer in
//! `alerts/answers.rs`.

use std::fmt::Write as _;

use compact_str::{CompactString, format_compact};
use smallvec::SmallVec;

use super::{Attention, Looks, Situation};
use crate::engine::account::fact::{Detail, Fact};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::episodes::{
    EPISODES_MAX, Episode, Phase, Suppressed, Suppression,
};
use crate::engine::account::workflow::held::Held;
use crate::engine::event::Topic;
use crate::engine::figure::Known;
use crate::engine::id::name_hash;
use crate::engine::model::rules::{FleetRule, Rule};
use crate::engine::output::Output;
use crate::engine::output::alert::Resolution;
use crate::engine::stamp::Stamp;

mod advance;
mod answers;
mod record;

pub(super) use answers::{Asked, answer};
pub(in crate::engine) use record::open_alerts;

/// An alert about an event ends after so many days, where its rule does not say it.
const DAYS_MAX: u32 = 366;

/// One rule as of now.
struct Stand<'a> {
    rule: &'a Rule,
    /// Its condition holds; for rules without one, nothing is to be asked.
    holds: bool,
    /// Its condition is clear: with an `until` that is more than that it does not hold.
    is_clear: bool,
    /// A feed that it reads is silent.
    is_silent: bool,
}

/// What an episode is about, within the account.
#[derive(Clone, Copy)]
struct Instance<'a> {
    /// Empty for the account itself.
    name: &'a str,
    /// The event that tells of it, in the look that hears of it.
    event: Option<&'a Stamp>,
}

/// What a look at the rules changes and asks for.
struct Changing<'a> {
    workflow: &'a mut Workflow,
    look: &'a mut Looks,
    outputs: &'a mut Vec<Output>,
    suppressed: &'a mut Suppressed,
    /// How many baseline alerts may still be raised.
    baseline_left: u32,
}

/// Looks at every rule once, in the order of the model file; says whether an episode changed.
pub(super) fn look(
    situation: &Situation<'_>,
    facts: &[Fact],
    workflow: &mut Workflow,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
    suppressed: &mut Suppressed,
) -> bool {
    let mut held = std::mem::take(&mut workflow.held);
    let rules = &situation.model.alerts.rules;
    let stands: SmallVec<[Stand<'_>; 32]> =
        rules.iter().map(|rule| stand(situation, rule, workflow, &mut held, look)).collect();
    workflow.held = held;
    let baseline_left = match situation.attention {
        Attention::Allotted(count) => count,
        Attention::Quiet | Attention::First | Attention::Full => 0,
    };
    let mut changing = Changing { workflow, look, outputs, suppressed, baseline_left };
    let mut changed = changing.end_hold(situation);
    for stand in &stands {
        let why = changing.suppression(situation, &stands, stand);
        if stand.rule.when.is_some() {
            changed |= changing.advance(situation, stand, Instance::of(""), stand.holds, why);
        } else if stand.rule.fleet.is_some() {
            // All accounts together are looked at by themselves.
        } else if stand.rule.steps {
            changed |= changing.look_at_steps(situation, stand, why);
        } else {
            changed |= changing.look_at_facts(situation, stand, facts, why);
        }
    }
    changed | changing.close_dropped_rules(situation)
}

/// Takes the episodes of a rule on that is about all accounts: one for each of `subjects`.
pub(super) fn look_at_subjects(
    situation: &Situation<'_>,
    rule: &Rule,
    subjects: &[CompactString],
    (workflow, look, outputs, suppressed): (
        &mut Workflow,
        &mut Looks,
        &mut Vec<Output>,
        &mut Suppressed,
    ),
) -> bool {
    let stand = Stand { rule, holds: false, is_clear: true, is_silent: false };
    let mut changing = Changing { workflow, look, outputs, suppressed, baseline_left: 0 };
    let changed = changing.each(situation, &stand, subjects, None);
    let ended = changing.instances(&rule.id);
    let ended = ended.into_iter().filter(|subject| !subjects.contains(subject));
    ended.fold(changed, |changed, subject| {
        changing.advance(situation, &stand, Instance::of(&subject), false, None) | changed
    })
}

/// Ends every open alert: the customer left, or was erased.
pub(super) fn resolve_all(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    how: Resolution,
    outputs: &mut Vec<Output>,
) {
    for episode in &workflow.episodes {
        if let Phase::Raised(raised) = &episode.phase {
            outputs.push(record::resolved(situation, workflow, (episode, raised), how));
        }
    }
    workflow.episodes.clear();
}

fn stand<'a>(
    situation: &Situation<'_>,
    rule: &'a Rule,
    workflow: &Workflow,
    held: &mut Held,
    look: &mut Looks,
) -> Stand<'a> {
    let Some(condition) = &rule.when else {
        return Stand { rule, holds: false, is_clear: true, is_silent: false };
    };
    let known = Known { situation, workflow, run: None };
    let silences = &situation.fleet.silences;
    let is_silent = condition.node.reads_any(&|topic: Topic| silences.since(topic).is_some());
    let holds = condition.node.holds(&known, held, look);
    let until = rule.until.as_ref();
    let is_clear = until.map_or(!holds, |until| until.node.holds(&known, held, look));
    Stand { rule, holds, is_clear: is_clear && !holds, is_silent }
}

impl<'a> Instance<'a> {
    const fn of(name: &'a str) -> Self {
        Self { name, event: None }
    }
}

impl Changing<'_> {
    /// What keeps alerts of a rule from being raised now, whatever they are about.
    fn suppression(
        &self,
        situation: &Situation<'_>,
        stands: &[Stand<'_>],
        of: &Stand<'_>,
    ) -> Option<Suppression> {
        // One that cools down says nothing itself.
        let speaks = |other: &&Stand<'_>| {
            let rule = &other.rule.id;
            other.rule.inhibits.contains(&of.rule.id)
                && (self.workflow.is_alert_open(rule)
                    || other.holds && !self.workflow.is_cooling_down(rule, situation.now))
        };
        let is_portfolio = |other: &Stand<'_>| {
            other.rule.fleet == Some(FleetRule::PortfolioDrop)
                && other.rule.inhibits.contains(&of.rule.id)
                && situation.fleet.is_portfolio_drop(situation.model)
        };
        if of.is_silent {
            Some(Suppression::SilentFeed)
        } else if stands.iter().any(is_portfolio) {
            Some(Suppression::Portfolio)
        } else if stands.iter().any(|other| speaks(&other)) {
            Some(Suppression::Inhibited)
        } else if self.workflow.hold.is_some() {
            Some(Suppression::Held)
        } else {
            None
        }
    }

    fn end_hold(&mut self, situation: &Situation<'_>) -> bool {
        let Some(hold) = &self.workflow.hold else { return false };
        self.look.at(hold.until);
        let is_over = hold.until <= situation.now;
        if is_over {
            self.workflow.hold = None;
        }
        is_over
    }

    /// Each overdue step that names the rule is an alert of its own.
    fn look_at_steps(
        &mut self,
        situation: &Situation<'_>,
        stand: &Stand<'_>,
        why: Option<Suppression>,
    ) -> bool {
        let rule = stand.rule;
        let overdue = self.workflow.overdue_steps().filter(|step| step.rule == rule.id);
        let overdue: SmallVec<[CompactString; 4]> =
            overdue.map(|step| format_compact!("{}:{}", step.run_id, step.step)).collect();
        let changed = self.each(situation, stand, &overdue, why);
        let ended = self.instances(&rule.id);
        let ended = ended.into_iter().filter(|instance| !overdue.contains(instance));
        ended.fold(changed, |changed, instance| {
            self.advance(situation, stand, Instance::of(&instance), false, why) | changed
        })
    }

    /// Each fact that the rule waits for is an alert of its own, which ends with a run or by time.
    fn look_at_facts(
        &mut self,
        situation: &Situation<'_>,
        stand: &Stand<'_>,
        facts: &[Fact],
        why: Option<Suppression>,
    ) -> bool {
        let rule = stand.rule;
        let mut changed = false;
        for fact in facts.iter().filter(|fact| fact.is_any(rule.on)) {
            let of = Instance { name: &instance(fact), event: Some(&fact.stamp) };
            changed |= self.advance(situation, stand, of, true, why);
        }
        if self.workflow.episodes.iter().any(|it| it.rule == rule.id) {
            changed |= self.look_at_ends(situation, stand, why);
        }
        changed
    }

    fn look_at_ends(
        &mut self,
        situation: &Situation<'_>,
        stand: &Stand<'_>,
        why: Option<Suppression>,
    ) -> bool {
        let rule = stand.rule;
        let mut changed = false;
        for name in self.instances(&rule.id) {
            let Workflow { episodes, runs, .. } = &mut *self.workflow;
            let is_it = |it: &&mut Episode| it.rule == rule.id && it.instance == name;
            let Some(episode) = episodes.iter_mut().find(is_it) else { continue };
            let of_run = rule.ends_with_run.as_deref().zip(episode.event.as_ref());
            let is_run_open =
                of_run.is_some_and(|(run, event)| runs.is_open_for(run, &event.event_id));
            changed |= is_run_open && !episode.is_run_seen;
            episode.is_run_seen |= is_run_open;
            let is_run_over = episode.is_run_seen && !is_run_open;
            let since = match &episode.phase {
                Phase::Raised(raised) => Some(raised.raised_at),
                Phase::Holding { since, .. } => Some(*since),
                Phase::Baseline => Some(situation.now),
                Phase::CoolingDown { .. } | Phase::Dismissed { .. } => None,
            };
            let days = i64::from(rule.ends_after_days.unwrap_or(DAYS_MAX));
            let last_at = episode.event.as_ref().map(|event| event.at);
            let end_at = since.map(|since| since.max(last_at.unwrap_or(since)).plus_days(days));
            if let Some(at) = end_at {
                self.look.at(at);
            }
            let holds = !is_run_over && end_at.is_some_and(|at| situation.now < at);
            changed |= self.advance(situation, stand, Instance::of(&name), holds, why);
        }
        changed
    }

    fn each(
        &mut self,
        situation: &Situation<'_>,
        stand: &Stand<'_>,
        instances: &[CompactString],
        why: Option<Suppression>,
    ) -> bool {
        instances.iter().fold(false, |changed, instance| {
            self.advance(situation, stand, Instance::of(instance), true, why) | changed
        })
    }

    fn instances(&self, rule: &str) -> SmallVec<[CompactString; 4]> {
        let episodes = self.workflow.episodes.iter().filter(|it| it.rule == rule);
        episodes.map(|it| it.instance.clone()).collect()
    }

    /// Takes an episode on; says whether it changed.
    fn advance(
        &mut self,
        situation: &Situation<'_>,
        stand: &Stand<'_>,
        instance: Instance<'_>,
        holds: bool,
        why: Option<Suppression>,
    ) -> bool {
        let rule = stand.rule;
        let is_it = |it: &Episode| it.rule == rule.id && it.instance == instance.name;
        let place = self.workflow.episodes.iter().position(is_it);
        if place.is_none() && !holds {
            return false;
        }
        if place.is_none() && self.workflow.episodes.len() == EPISODES_MAX {
            self.suppressed[Suppression::Overflow as usize] += 1;
            return false;
        }
        let before = place.map(|place| self.workflow.episodes.remove(place));
        let phase = before.as_ref().map(|episode| episode.phase.clone());
        let mut episode = before.unwrap_or_else(|| Episode {
            rule: rule.id.clone(),
            instance: instance.name.into(),
            event: None,
            is_run_seen: false,
            phase: Phase::Baseline,
        });
        let is_another = instance.event.is_some();
        if is_another {
            episode.event = instance.event.cloned();
            episode.is_run_seen = false;
        }
        let mut next = self.next(situation, stand, &episode, phase.clone(), holds, why);
        if let (true, Some(Phase::Raised(was)), Some(Phase::Raised(raised))) =
            (is_another, &phase, &mut next)
            && raised.sequence == was.sequence
        {
            self.update(situation, rule, &episode, raised);
        }
        let changed = phase != next || is_another;
        if let Some(phase) = next {
            let place = place.unwrap_or(self.workflow.episodes.len());
            self.workflow.episodes.insert(place, Episode { phase, ..episode });
        }
        changed
    }

    /// Ends open alerts whose rule the model in force no longer has; says whether there was any.
    fn close_dropped_rules(&mut self, situation: &Situation<'_>) -> bool {
        let already = self.workflow.episodes.len();
        let alerts = &situation.model.alerts;
        let is_kept = |episode: &Episode| alerts.rule(&episode.rule).is_some();
        for episode in self.workflow.episodes.iter().filter(|it| !is_kept(it)) {
            if let Phase::Raised(raised) = &episode.phase {
                let (it, how) = ((episode, raised), Resolution::Superseded);
                self.outputs.push(record::resolved(situation, self.workflow, it, how));
            }
        }
        self.workflow.episodes.retain(is_kept);
        self.workflow.episodes.len() != already
    }
}

/// What tells alerts of one rule about events apart: who answered which survey, else the event.
fn instance(fact: &Fact) -> CompactString {
    let identity = match &fact.detail {
        Detail::Answer(answer) if answer.respondent.is_some() => {
            let mut text = format!("{:016x}", answer.respondent.unwrap_or_default());
            _ = write!(text, " {:?}", answer.survey);
            text
        }
        _ => fact.stamp.event_id.to_string(),
    };
    format_compact!("{:016x}", name_hash(&identity))
}
