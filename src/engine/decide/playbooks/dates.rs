//! The dates of an account that playbooks are planned by.
//!
//! What begins when one of them comes is decided in `start.rs`.

use super::Situation;
use crate::engine::account::workflow::runs::Past;
use crate::engine::model::health::HealthBand;
use crate::engine::model::playbooks::start::{Cadence, CadenceOf, DateOf};
use crate::engine::time::{DAY_MS, Timestamp};

/// A date of the account, as far as it is known.
pub(super) fn date(situation: &Situation<'_>, of: DateOf) -> Option<Timestamp> {
    let account = situation.account;
    match of {
        DateOf::CreatedAt => account.created_at(),
        DateOf::ContractEnd => account.contract_end(),
        DateOf::NoticeDeadline => account.notice_deadline(),
    }
}

/// Whether the date is still on the day for which something began. Accounts begin once.
pub(super) fn is_still(situation: &Situation<'_>, of: DateOf, at: Timestamp) -> bool {
    of == DateOf::CreatedAt || date(situation, of).is_some_and(|now| now.day() == at.day())
}

/// When something takes place again: as it was announced, else one period after the last time,
/// however long ago that was.
pub(super) fn next_time(
    situation: &Situation<'_>,
    cadence: &Cadence,
    band: HealthBand,
    past: Option<&Past>,
) -> Option<Timestamp> {
    if let Some(at) = announced(situation, cadence.of) {
        return Some(at);
    }
    let last = last_time(situation, cadence.of).max(past.and_then(|past| past.anchor_at));
    let base = last.or_else(|| situation.account.created_at())?;
    Some(base.plus_days(i64::from(cadence.days.of(band))))
}

/// The same for an account that is looked at for the first time: what is overdue already is spread
/// over a period, so that not everybody's turn comes at once.
pub(super) fn spread(situation: &Situation<'_>, cadence: &Cadence, band: HealthBand) -> Timestamp {
    let period_ms = i64::from(cadence.days.of(band)) * DAY_MS;
    let share = situation.look_ms as f64 / DAY_MS as f64;
    situation.now.plus_millis((share * period_ms as f64) as i64 - period_ms)
}

/// The date that was announced, if it has not passed; of several the one that was said last.
pub(super) fn announced(situation: &Situation<'_>, of: CadenceOf) -> Option<Timestamp> {
    use crate::engine::account::relationship::ReviewKind;
    let kind = match of {
        CadenceOf::ExecutiveReview => ReviewKind::Executive,
        CadenceOf::OperationalReview => ReviewKind::Operational,
        CadenceOf::RelationshipSurvey => return None,
    };
    let dates = situation.account.relationship.reviews.scheduled.as_slice().iter();
    let ahead = dates.filter(|date| date.at > situation.now && date.kind == Some(kind));
    ahead.max_by_key(|date| (date.said_at, date.at)).map(|date| date.at)
}

fn last_time(situation: &Situation<'_>, of: CadenceOf) -> Option<Timestamp> {
    let reviews = &situation.account.relationship.reviews;
    match of {
        CadenceOf::ExecutiveReview => reviews.executive_at,
        CadenceOf::OperationalReview => reviews.operational_at,
        CadenceOf::RelationshipSurvey => situation.account.feedback.relationship_survey_at,
    }
}
