//! Alert rules against the situation: episodes that are held, raised, updated and resolved.
//!
//! What a rule says is written in the model file (`model/rules.rs`).

use compact_str::{CompactString, format_compact};
use uuid::Uuid;

use super::{Attention, Looks, Situation};
use crate::engine::account::workflow::{Episode, Phase, Raised, Workflow};
use crate::engine::model::health::HealthBand;
use crate::engine::model::rules::{Condition, Rule};
use crate::engine::output::alert::{Alert, AlertStatus, Evidence, Link, Resolution, Transition};
use crate::engine::output::{Output, OutputBody};
use crate::engine::time::Timestamp;

/// Namespace of alert ids: `alert_id` = UUIDv5 of account, rule and episode start.
const ALERT_NAMESPACE: Uuid = Uuid::from_u128(0x6d0c_1f6e_93a4_5c1e_8a64_2f6f_0a0e_5b11);

/// Looks at every rule once, in the order of the model file; says whether an episode changed.
pub(super) fn look(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> bool {
    let mut changed = false;
    let mut left = match situation.attention {
        Attention::Allotted(count) => count,
        Attention::Quiet | Attention::First | Attention::Full => 0,
    };
    let rules = &situation.model.alerts.rules;
    for rule in rules {
        let holds = holds(&rule.when, workflow);
        let inhibited = rules
            .iter()
            .any(|other| other.inhibits.contains(&rule.id) && self::holds(&other.when, workflow));
        let place = workflow.episodes.iter().position(|episode| episode.rule == rule.id);
        let phase = place.map(|place| workflow.episodes[place].phase.clone());
        let is_true = holds && !inhibited;
        let next = match (&phase, situation.attention) {
            (None, Attention::First) | (Some(Phase::Baseline), _) => is_true.then(|| {
                if left == 0 {
                    return Phase::Baseline;
                }
                left -= 1;
                Phase::Raised(raise(situation, rule, true, outputs))
            }),
            _ => advance(situation, rule, phase, holds, inhibited, look, outputs),
        };
        changed |= match (place, &next) {
            (Some(place), Some(phase)) => workflow.episodes[place].phase != *phase,
            (place, next) => place.is_some() || next.is_some(),
        };
        match (place, next) {
            (Some(place), Some(phase)) => workflow.episodes[place].phase = phase,
            (Some(place), None) => drop(workflow.episodes.remove(place)),
            (None, Some(phase)) => {
                workflow.episodes.push(Episode { rule: rule.id.clone(), phase });
            }
            (None, None) => {}
        }
    }
    changed | close_dropped_rules(situation, workflow, outputs)
}

/// Ends every open alert because the customer left.
pub(super) fn resolve_all(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    outputs: &mut Vec<Output>,
) {
    for episode in std::mem::take(&mut workflow.episodes) {
        if let Phase::Raised(raised) = episode.phase {
            let rule = situation.model.alerts.rules.iter().find(|rule| rule.id == episode.rule);
            outputs.push(resolved(situation, &episode.rule, rule, raised, Resolution::Churned));
        }
    }
}

/// Ends open alerts whose rule the model in force no longer has; says whether there was any.
fn close_dropped_rules(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    outputs: &mut Vec<Output>,
) -> bool {
    let already = workflow.episodes.len();
    let rules = &situation.model.alerts.rules;
    workflow.episodes.retain(|episode| {
        let kept = rules.iter().any(|rule| rule.id == episode.rule);
        if let (false, Phase::Raised(raised)) = (kept, &episode.phase) {
            let ended =
                resolved(situation, &episode.rule, None, raised.clone(), Resolution::Superseded);
            outputs.push(ended);
        }
        kept
    });
    workflow.episodes.len() != already
}

fn holds(condition: &Condition, workflow: &Workflow) -> bool {
    workflow.band.is_some_and(|displayed| {
        displayed.band == condition.displayed_band
            && condition.fallen_from.is_none_or(|from| displayed.before == Some(from))
    })
}

/// The next phase of one rule's episode; nothing when the rule is at rest.
fn advance(
    situation: &Situation<'_>,
    rule: &Rule,
    phase: Option<Phase>,
    holds: bool,
    inhibited: bool,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> Option<Phase> {
    let now = situation.now;
    match phase {
        Some(Phase::Raised(raised)) if inhibited => {
            outputs.push(resolved(situation, &rule.id, Some(rule), raised, Resolution::Superseded));
            cooling(rule, now, look)
        }
        Some(Phase::Raised(raised)) if holds => {
            Some(Phase::Raised(update(situation, rule, raised, outputs)))
        }
        Some(Phase::Raised(mut raised)) => {
            let clear_since = *raised.clear_since.get_or_insert(now);
            let clear_at = clear_since.plus_millis(rule.clear_ms());
            if now >= clear_at {
                let ended = resolved(situation, &rule.id, Some(rule), raised, Resolution::Cleared);
                outputs.push(ended);
                return cooling(rule, now, look);
            }
            look.at(clear_at);
            Some(Phase::Raised(raised))
        }
        Some(Phase::CoolingDown { until }) if now < until => {
            look.at(until);
            Some(Phase::CoolingDown { until })
        }
        _ if !holds || inhibited => None,
        phase => {
            let since = match phase {
                Some(Phase::Holding { since }) => since,
                _ => now,
            };
            let raise_at = since.plus_millis(rule.hold_ms());
            if now < raise_at {
                look.at(raise_at);
                return Some(Phase::Holding { since });
            }
            Some(Phase::Raised(raise(situation, rule, false, outputs)))
        }
    }
}

fn cooling(rule: &Rule, now: Timestamp, look: &mut Looks) -> Option<Phase> {
    let until = now.plus_millis(rule.cool_down_ms());
    look.at(until);
    (until > now).then_some(Phase::CoolingDown { until })
}

fn raise(
    situation: &Situation<'_>,
    rule: &Rule,
    is_baseline: bool,
    outputs: &mut Vec<Output>,
) -> Raised {
    let raised = Raised {
        raised_at: situation.now,
        sequence: 1,
        severity: rule.severity,
        observed: situation.displayed_score,
        clear_since: None,
        is_baseline,
    };
    let alert = alert(situation, &rule.id, Some(rule), &raised, Transition::Raised);
    outputs.push(situation.output(OutputBody::Alert(Box::new(alert))));
    raised
}

/// An open alert whose condition holds: said again when its figure moved far enough.
fn update(
    situation: &Situation<'_>,
    rule: &Rule,
    mut raised: Raised,
    outputs: &mut Vec<Output>,
) -> Raised {
    raised.clear_since = None;
    let observed = situation.displayed_score;
    if (observed - raised.observed).abs() >= situation.model.alerts.update_points {
        raised.sequence += 1;
        raised.observed = observed;
        let alert = alert(situation, &rule.id, Some(rule), &raised, Transition::Updated);
        outputs.push(situation.output(OutputBody::Alert(Box::new(alert))));
    }
    raised
}

fn resolved(
    situation: &Situation<'_>,
    rule_id: &CompactString,
    rule: Option<&Rule>,
    mut raised: Raised,
    resolution: Resolution,
) -> Output {
    raised.sequence += 1;
    raised.observed = situation.displayed_score;
    let mut alert = alert(situation, rule_id, rule, &raised, Transition::Resolved);
    alert.status = AlertStatus::Resolved;
    alert.resolved_at = Some(situation.now);
    alert.resolution = Some(resolution);
    situation.output(OutputBody::Alert(Box::new(alert)))
}

fn alert(
    situation: &Situation<'_>,
    rule_id: &CompactString,
    rule: Option<&Rule>,
    raised: &Raised,
    transition: Transition,
) -> Alert {
    let account_id = situation.account_id;
    let identity = format!("{account_id}\0{rule_id}\0{}", raised.raised_at.as_millis());
    let bands = &situation.model.of(situation.assessment.segment).health.bands;
    let threshold = match rule.map(|rule| rule.when.displayed_band) {
        Some(HealthBand::Red) | None => bands.yellow,
        Some(HealthBand::Yellow | HealthBand::Green) => bands.green,
    };
    Alert {
        account_id: account_id.clone(),
        at: situation.now,
        model_version: situation.model.version().into(),
        alert_id: Uuid::new_v5(&ALERT_NAMESPACE, identity.as_bytes()),
        dedup_key: format_compact!("{rule_id}:{account_id}"),
        rule: rule_id.clone(),
        severity: raised.severity,
        transition,
        status: AlertStatus::Open,
        sequence: raised.sequence,
        raised_at: raised.raised_at,
        resolved_at: None,
        resolution: None,
        summary: rule.map_or_else(|| rule_id.to_string(), |rule| rule.summary.clone()),
        reason: format!("health is {:.1}, the bound is {threshold}", raised.observed),
        evidence: vec![Evidence {
            metric: CompactString::const_new(observed_name(situation)),
            observed: raised.observed,
            threshold,
            at: situation.now,
        }],
        actions: rule.map(|rule| rule.actions.clone()).unwrap_or_default(),
        owner: Some(situation.owner().0.clone()),
        due_at: raised.raised_at.plus_millis(rule.map_or(0, Rule::due_ms)),
        links: vec![Link {
            href: format!("/accounts/{}", percent_encoded(account_id)),
            text: "Account".to_owned(),
        }],
        baseline: raised.is_baseline,
    }
}

/// What the band is a band of: the computed score, unless a person said another one.
fn observed_name(situation: &Situation<'_>) -> &'static str {
    let computed = situation.assessment.health_score;
    let is_computed = situation.displayed_score.total_cmp(&computed).is_eq();
    if is_computed { "health_score" } else { "displayed_health_score" }
}

/// `text` with every byte escaped that has a meaning of its own in the path of a URL.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
