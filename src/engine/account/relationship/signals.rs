//! The churn signals of the relationship facet: `scoring.md` §3.
//!
//! The state that they read is kept in `relationship.rs`, their numbers in the model file.

use smallvec::smallvec;

use super::meetings::Attendance;
use super::outreach::Answered;
use crate::engine::event::Topic;
use crate::engine::signal::{Case, Observation, Observations, Signal, SignalId, Tier};
use crate::engine::window;

/// The rows of the catalogue.
pub static SIGNALS: [Signal; 4] = [
    Signal {
        id: SignalId::SponsorDeparted,
        tier: Tier::Strong,
        help: "Who stood up for the product there has left.",
        topic: Some(Topic::Relationship),
        window: "half-life 90 days",
        formula: "2^(-days since the departure / half-life), times 0.4 once somebody was assigned",
        x: sponsor_departed,
        observed: observe_sponsor_departed,
    },
    Signal {
        id: SignalId::ResponseDecline,
        tier: Tier::Moderate,
        help: "They answer less than they used to, or hardly.",
        topic: Some(Topic::Relationship),
        window: "sent in 30 days until 3 days ago, against the 90 before",
        formula: "share answered before - share answered now, each (replies + 1) / (sent + 2)",
        x: response_decline,
        observed: observe_response_decline,
    },
    Signal {
        id: SignalId::OrgChange,
        tier: Tier::Early,
        help: "Their organisation changes.",
        topic: Some(Topic::Relationship),
        window: "365 days, half-life 90 days",
        formula: "sum over changes of 2^(-age / half-life)",
        x: org_change,
        observed: observe_org_change,
    },
    Signal {
        id: SignalId::MeetingDecline,
        tier: Tier::Early,
        help: "They come to fewer of the meetings arranged with them.",
        topic: Some(Topic::Relationship),
        window: "45 days against the 90 before",
        formula: "share attended before - share attended now, each (attended + 1) / (arranged + 2)",
        x: meeting_decline,
        observed: observe_meeting_decline,
    },
];

fn sponsor_departed(case: &Case<'_>) -> Option<f64> {
    let (sponsor, model) =
        (&case.account.relationship.sponsor, &case.churn.signals.sponsor_departed);
    let left = case.decay(sponsor.departed.at()?, model.half_life_days);
    Some(if sponsor.is_vacant() { left } else { left * model.replaced_share })
}

fn observe_sponsor_departed(case: &Case<'_>) -> Observations {
    let sponsor = &case.account.relationship.sponsor;
    let assigned_at = sponsor.assigned.at().filter(|_| !sponsor.is_vacant());
    let departed = Observation::instant("departed_at", sponsor.departed.at());
    departed.into_iter().chain(Observation::instant("assigned_at", assigned_at)).collect()
}

/// What was sent and answered before and now.
fn answered(case: &Case<'_>) -> (Answered, Answered) {
    let model = &case.churn.signals.response_decline;
    let outreach = &case.account.relationship.outreach;
    let grace_days = model.grace_days;
    let start = window::since(case.as_of, model.window_days + grace_days).start();
    let first = start.plus_days(-i64::from(model.baseline_days));
    let end = case.as_of.plus_days(-i64::from(grace_days));
    (outreach.between(first, start), outreach.between(start, end))
}

fn response_decline(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.response_decline;
    let (before, now) = answered(case);
    if before.sent + now.sent == 0 {
        return None;
    }
    let share = |it: Answered| {
        (f64::from(it.replied) + model.prior_replies)
            / (f64::from(it.sent) + 2.0 * model.prior_replies)
    };
    let fall = model.curve.at(share(before) - share(now));
    let share_now = f64::from(now.replied) / f64::from(now.sent);
    let is_ignored = now.sent >= model.ignored_from_sent && share_now < model.ignored_below_share;
    Some(if is_ignored { fall.max(model.ignored_at_least) } else { fall })
}

fn observe_response_decline(case: &Case<'_>) -> Observations {
    let (before, now) = answered(case);
    smallvec![
        Observation::count("sent", now.sent),
        Observation::count("replied", now.replied),
        Observation::count("sent_before", before.sent),
        Observation::count("replied_before", before.replied),
    ]
}

fn org_change(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.org_change;
    let start = window::since(case.as_of, model.window_days);
    let changes = &case.account.relationship.org_changes;
    Some(model.curve.at(changes.decayed(case.as_of, start, model.half_life_days)))
}

fn observe_org_change(case: &Case<'_>) -> Observations {
    let start = window::since(case.as_of, case.churn.signals.org_change.window_days);
    let changes = case.account.relationship.org_changes.since(start);
    let mut observed = Observations::new();
    observed.push(Observation::count("changes", changes.len()));
    observed.extend(Observation::instant("last_changed_at", changes.last().copied()));
    observed
}

/// Meetings of some days.
#[derive(Clone, Copy)]
struct Arranged {
    attended: u32,
    missed: u32,
}

/// Meetings before and now.
fn arranged(case: &Case<'_>) -> (Arranged, Arranged) {
    let model = &case.churn.signals.meeting_decline;
    let Attendance { attended, missed, .. } = &case.account.relationship.meetings.attendance;
    let (from, to) = window::before(case.as_of, model.window_days, model.baseline_days);
    (
        Arranged { attended: attended.between(from, to), missed: missed.between(from, to) },
        Arranged { attended: attended.since(to), missed: missed.since(to) },
    )
}

fn meeting_decline(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.meeting_decline;
    let (before, now) = arranged(case);
    let share = |it: Arranged| {
        let meetings = it.attended + it.missed;
        let share = (f64::from(it.attended) + model.prior_attended)
            / (f64::from(meetings) + 2.0 * model.prior_attended);
        (meetings > 0).then_some(share)
    };
    Some(model.curve.at(share(before)? - share(now)?))
}

fn observe_meeting_decline(case: &Case<'_>) -> Observations {
    let (before, now) = arranged(case);
    smallvec![
        Observation::count("attended", now.attended),
        Observation::count("missed", now.missed),
        Observation::count("attended_before", before.attended),
        Observation::count("missed_before", before.missed),
    ]
}
