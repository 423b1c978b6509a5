//! The record of an alert: what is published of an episode, with the figures behind it.
//!
//! When it is published is decided in `alerts/advance.rs`.

use compact_str::{CompactString, ToCompactString, format_compact};
use uuid::Uuid;

use crate::engine::account::fact::FactKind;
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::episodes::{Answer, Episode, Raised};
use crate::engine::account::workflow::runs::{Run, RunStep};
use crate::engine::assess::round_half_up;
use crate::engine::decide::Situation;
use crate::engine::figure::{FigureId, Known};
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::condition::Node;
use crate::engine::model::health::HealthBand;
use crate::engine::model::rules::Rule;
use crate::engine::output::alert::{Alert, AlertStatus, Evidence, Link, Resolution, Transition};
use crate::engine::output::playbook::Role;
use crate::engine::output::{Output, OutputBody};
use crate::engine::stamp::Stamp;

/// Namespace of alert ids: `alert_id` = UUIDv5 of account, rule, instance and episode start.
const ALERT_NAMESPACE: Uuid = Uuid::from_u128(0x6d0c_1f6e_93a4_5c1e_8a64_2f6f_0a0e_5b11);

/// What a score was so many days ago is its baseline.
const BASELINE_DAYS: u16 = 7;

/// The figures behind an alert: those that its rule tests, and those that it cites besides.
fn figures(situation: &Situation<'_>, workflow: &Workflow, rule: &Rule) -> Vec<Evidence> {
    let known = Known { situation, workflow, run: None };
    let node = rule.when.as_ref().map(|condition| &condition.node);
    let mut figures: Vec<Evidence> = Vec::new();
    if let Some(evidence) = node.and_then(|node| of_band(&known, node)) {
        figures.push(evidence);
    }
    let mut tested = node.map(Node::tests).unwrap_or_default();
    // Of several that any one would do, those that hold come first.
    tested.sort_by_key(|test| !test.holds(&known));
    let tested = tested.into_iter().map(|test| (test.figure, test.threshold()));
    let cited = rule.evidence.iter().filter_map(|name| Some((FigureId::named(name)?, None)));
    for (figure, threshold) in tested.chain(cited) {
        let is_known = figures.iter().any(|it| it.metric == figure.row().name);
        if let Some(observed) = figure.of(&known).filter(|_| !is_known) {
            figures.push(evidence(situation, figure, observed, threshold));
        }
    }
    figures
}

/// The value and unit of the first figure of a rule: the one whose moves are news.
pub(super) fn first_figure(
    situation: &Situation<'_>,
    workflow: &Workflow,
    rule: &Rule,
) -> Option<(f64, &'static str)> {
    let node = &rule.when.as_ref()?.node;
    if let Some((_, observed, _)) = band(situation, node) {
        return Some((observed, "points"));
    }
    let known = Known { situation, workflow, run: None };
    let figure = node.first_test()?.figure;
    Some((figure.of(&known)?, figure.row().unit))
}

fn evidence(
    situation: &Situation<'_>,
    figure: FigureId,
    observed: f64,
    threshold: Option<f64>,
) -> Evidence {
    let row = figure.row();
    let contributions = &situation.assessment.churn.contributions;
    let contribution = contributions.iter().find(|(term, _)| term.name() == row.name);
    let on = row.name.starts_with("days_to_").then(|| {
        situation.now.plus_millis((observed * crate::engine::time::DAY_MS as f64) as i64).day()
    });
    Evidence {
        metric: CompactString::const_new(row.name),
        window: window(row.name),
        observed: round_half_up(observed, 4),
        baseline: None,
        threshold,
        contribution: contribution.map(|(_, said)| *said),
        at: situation.now,
        on: on.map(|day| day.to_compact_string()),
    }
}

/// The stretch of time that a figure is about, as its name says it: `users_7d`.
fn window(name: &str) -> Option<String> {
    let (_, last) = name.rsplit_once('_')?;
    let days: u16 = last.strip_suffix('d')?.parse().ok()?;
    Some(format!("{days}d"))
}

/// The score behind a band: its name, its value and the bound.
fn band(situation: &Situation<'_>, node: &Node) -> Option<(&'static str, f64, f64)> {
    let of_segment = situation.model.of(situation.assessment.segment);
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().find_map(|it| band(situation, it)),
        Node::DisplayedBand(band) => {
            let bands = &of_segment.health.bands;
            let bound = if *band == HealthBand::Red { bands.yellow } else { bands.green };
            Some((observed_name(situation), situation.displayed_score, bound))
        }
        Node::Churn(band) => {
            let bands = &of_segment.churn.bands;
            let bound = match band {
                ChurnBand::Critical => bands.critical_above,
                ChurnBand::High => bands.high_from,
                ChurnBand::Moderate | ChurnBand::Low => bands.moderate_from,
            };
            Some(("churn_probability", situation.assessment.churn.probability, bound))
        }
        _ => None,
    }
}

fn of_band(known: &Known<'_>, node: &Node) -> Option<Evidence> {
    let situation = known.situation;
    let (metric, observed, threshold) = band(situation, node)?;
    let of_trend = if metric == "churn_probability" { metric } else { "health_score" };
    let before = FigureId::named(of_trend);
    Some(Evidence {
        metric: CompactString::const_new(metric),
        window: None,
        observed,
        baseline: before.and_then(|figure| figure.before(known, BASELINE_DAYS)),
        threshold: Some(threshold),
        contribution: None,
        at: situation.now,
        on: None,
    })
}

/// An open alert, as it is said now.
pub(super) fn said(
    situation: &Situation<'_>,
    workflow: &Workflow,
    (episode, raised): (&Episode, &Raised),
    transition: Transition,
) -> Output {
    let alert = alert(situation, workflow, (episode, raised), transition);
    situation.output(OutputBody::Alert(Box::new(alert)))
}

/// The end of an alert.
pub(super) fn resolved(
    situation: &Situation<'_>,
    workflow: &Workflow,
    (episode, raised): (&Episode, &Raised),
    how: Resolution,
) -> Output {
    let raised = Raised { sequence: raised.sequence + 1, ..raised.clone() };
    let mut alert = alert(situation, workflow, (episode, &raised), Transition::Resolved);
    alert.status = AlertStatus::Resolved;
    alert.resolved_at = Some(situation.now);
    alert.resolution = Some(how);
    if alert.reason.is_empty() {
        alert.reason = "nothing is known of it any more".to_owned();
    }
    situation.output(OutputBody::Alert(Box::new(alert)))
}

/// The open alerts, as they are now.
pub(in crate::engine) fn open_alerts(situation: &Situation<'_>, workflow: &Workflow) -> Vec<Alert> {
    let open = workflow.episodes.iter().filter_map(|it| Some((it, it.raised()?)));
    open.map(|(episode, raised)| {
        let transition = match (raised.answer, raised.sequence) {
            (Answer::Acknowledged, _) => Transition::Acknowledged,
            (Answer::Snoozed { .. }, _) => Transition::Snoozed,
            (Answer::None, _) if raised.is_escalated => Transition::Escalated,
            (Answer::None, 1) => Transition::Raised,
            (Answer::None, _) => Transition::Updated,
        };
        alert(situation, workflow, (episode, raised), transition)
    })
    .collect()
}

/// The id of an episode's alert.
pub(super) fn alert_id(situation: &Situation<'_>, episode: &Episode, raised: &Raised) -> Uuid {
    let (account_id, rule) = (situation.account_id, &episode.rule);
    let mut identity = format!("{account_id}\0{rule}\0{}", raised.raised_at.as_millis());
    if !episode.instance.is_empty() {
        identity.push('\0');
        identity.push_str(&episode.instance);
    }
    Uuid::new_v5(&ALERT_NAMESPACE, identity.as_bytes())
}

fn alert(
    situation: &Situation<'_>,
    workflow: &Workflow,
    (episode, raised): (&Episode, &Raised),
    transition: Transition,
) -> Alert {
    let (account_id, rule_id) = (situation.account_id, &episode.rule);
    let rule = situation.model.alerts.rule(rule_id);
    let evidence = rule.map(|rule| figures(situation, workflow, rule)).unwrap_or_default();
    let step = rule.filter(|rule| rule.steps).and_then(|_| step_of(workflow, episode));
    let dedup_key = if episode.instance.is_empty() {
        format_compact!("{rule_id}:{account_id}")
    } else {
        format_compact!("{rule_id}:{}", episode.instance)
    };
    Alert {
        account_id: account_id.clone(),
        at: situation.now,
        model_version: situation.model.version().into(),
        alert_id: alert_id(situation, episode, raised),
        dedup_key,
        rule: rule_id.clone(),
        severity: raised.severity,
        transition,
        status: match raised.answer {
            Answer::None => AlertStatus::Open,
            Answer::Acknowledged => AlertStatus::Acknowledged,
            Answer::Snoozed { .. } => AlertStatus::Snoozed,
        },
        sequence: raised.sequence,
        raised_at: raised.raised_at,
        resolved_at: None,
        resolution: None,
        summary: rule.map_or_else(|| rule_id.to_string(), |rule| rule.summary.clone()),
        reason: reason(situation, episode, step, &evidence),
        evidence,
        actions: rule.map(|rule| rule.actions.clone()).unwrap_or_default(),
        owner: Some(situation.owner().0.clone()),
        escalated_to: raised
            .is_escalated
            .then(|| step.map_or(Role::CsmLead, |(_, step)| step.escalate_to)),
        due_at: raised.raised_at.plus_millis(rule.map_or(0, Rule::due_ms)),
        snoozed_until: raised.snoozed_until(),
        accounts: Vec::new(),
        links: vec![Link {
            href: format!("/accounts/{}", percent_encoded(account_id)),
            text: "Account".to_owned(),
        }],
        baseline: raised.is_baseline,
    }
}

/// The step that an alert about one is for, while its run is remembered.
fn step_of<'w>(workflow: &'w Workflow, episode: &Episode) -> Option<(&'w Run, &'w RunStep)> {
    let (run_id, step) = episode.instance.split_once(':')?;
    let run_id = Uuid::parse_str(run_id).ok()?;
    let run = workflow.runs.runs.iter().find(|run| run.run_id == run_id)?;
    Some((run, &run.steps[run.place_of(step)?]))
}

/// Why: in figures, or which step or event it is about.
fn reason(
    situation: &Situation<'_>,
    episode: &Episode,
    step: Option<(&Run, &RunStep)>,
    evidence: &[Evidence],
) -> String {
    if let Some((run, step)) = step {
        let due_at = step.due_at.map(|at| format!(" was due at {at}")).unwrap_or_default();
        return format!("step {} of {}{due_at}", step.id, run.playbook);
    }
    if let Some(Stamp { event_id, .. }) = &episode.event {
        let rule = situation.model.alerts.rule(&episode.rule);
        let kinds =
            rule.map(|rule| rule.on.iter().map(FactKind::name).collect::<Vec<_>>().join(" or "));
        return format!("{} in event {event_id}", kinds.unwrap_or_default().replace('_', " "));
    }
    let words = evidence.iter().map(|it| {
        let name = match it.metric.as_str() {
            "health_score" | "displayed_health_score" => "health".to_owned(),
            name => name.replace('_', " "),
        };
        let is_score = matches!(name.as_str(), "health");
        let observed =
            if is_score { format!("{:.1}", it.observed) } else { it.observed.to_string() };
        let bound = it.threshold.map(|bound| format!(", the bound is {bound}"));
        format!("{name} is {observed}{}", bound.unwrap_or_default())
    });
    words.collect::<Vec<_>>().join("; ")
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
