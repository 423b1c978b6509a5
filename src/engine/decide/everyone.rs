//! What is the case with all accounts together: feeds that stopped, use that falls everywhere,
//! what customers write about.
//!
//! How the fleet is known is said in `engine/fleet.rs`; the partition that decides it keeps its
//! episodes under an account id of its own.

use compact_str::{CompactString, format_compact};

use super::{Attention, Decided, Looks, Situation, alerts, insights};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::episodes::Suppressed;
use crate::engine::event::Topic;
use crate::engine::model::rules::FleetRule;
use crate::engine::output::alert::{FEED, FLEET};
use crate::engine::output::{Output, OutputBody};
use crate::engine::time::DAY_MS;

/// Says what has to be said of all accounts together.
pub(in crate::engine) fn decide_everyone(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    outputs: &mut Vec<Output>,
    suppressed: &mut Suppressed,
) -> Decided {
    let now = situation.now;
    let mut look = Looks { now, next: now.plus_millis(DAY_MS) };
    let already = outputs.len();
    let mut changed = false;
    if situation.attention != Attention::Quiet {
        for rule in &situation.model.alerts.rules {
            let Some(fleet) = rule.fleet else { continue };
            let subjects = subjects(situation, fleet);
            let changing = (&mut *workflow, &mut look, &mut *outputs, &mut *suppressed);
            changed |= alerts::look_at_subjects(situation, rule, &subjects, changing);
        }
        changed |= insights::tell_feedback(situation, workflow, outputs);
    }
    for output in &mut outputs[already..] {
        address(situation, output);
    }
    Decided {
        look_again_at: look.next,
        is_workflow_changed: changed || outputs.len() > already,
        is_published: false,
    }
}

/// What a rule about all accounts has to be raised for.
fn subjects(situation: &Situation<'_>, rule: FleetRule) -> Vec<CompactString> {
    let fleet = situation.fleet;
    match rule {
        FleetRule::SilentFeed => {
            let silent = Topic::ALL.into_iter().filter(|it| fleet.silences.since(*it).is_some());
            silent.map(|topic| format_compact!("{FEED}{}", topic.name())).collect()
        }
        FleetRule::PortfolioDrop if fleet.is_portfolio_drop(situation.model) => {
            vec![CompactString::const_new(FLEET)]
        }
        FleetRule::PortfolioDrop => Vec::new(),
    }
}

/// Names the subject in place of the account, and the accounts that are meant.
fn address(situation: &Situation<'_>, output: &mut Output) {
    let OutputBody::Alert(alert) = &mut output.body else { return };
    let Some((_, subject)) = alert.dedup_key.split_once(':') else { return };
    let subject = CompactString::from(subject);
    if subject == FLEET {
        alert.accounts = situation.fleet.dropped.clone();
        alert.reason = format!("{} accounts use the product less", alert.accounts.len());
    } else if let Some(since) = Topic::ALL.into_iter().find_map(|topic| {
        subject.ends_with(topic.name()).then(|| situation.fleet.silences.since(topic)).flatten()
    }) {
        alert.reason = format!("nothing has come since {since}");
    }
    alert.owner = None;
    alert.links.clear();
    alert.account_id = subject.clone();
    output.account_id = subject;
}
