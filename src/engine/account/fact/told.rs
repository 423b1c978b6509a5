//! Which fact each event is.
//!
//! What facts there are is said in `fact.rs`; what the event does to the account, in its facet.

use compact_str::CompactString;

use super::{Answer, Detail, Fact, FactKind, FactKinds};
use crate::engine::account::order::Order;
use crate::engine::account::relationship::{AdvocacyKind, MeetingStatus, ReviewKind, ReviewStatus};
use crate::engine::account::{commercial, feedback, outcomes, profile, relationship, support};
use crate::engine::command;
use crate::engine::event::EventBody;
use crate::engine::id::IdKey;
use crate::engine::stamp::Moment;

impl Fact {
    /// The fact that an event is, if it is one.
    pub fn of(body: &EventBody<'_>, moment: Moment<'_>, key: &IdKey) -> Option<Self> {
        let (kinds, detail) = match body {
            EventBody::Usage(_) => return None,
            EventBody::Profile(profile::Event::Updated(_)) => {
                (FactKinds::of([FactKind::AccountUpdated]), Detail::Nothing)
            }
            EventBody::Support(event) => (of_support(event)?, Detail::Nothing),
            EventBody::Feedback(event) => of_feedback(event, key),
            EventBody::Relationship(event) => of_relationship(event),
            EventBody::Outcomes(event) => (of_outcomes(event), Detail::Nothing),
            EventBody::Commercial(event) => of_commercial(event)?,
            EventBody::Command(event) => {
                let order = Order::read(event, moment);
                (FactKinds::of([of_command(event)]), Detail::Order(Box::new(order)))
            }
        };
        Some(Self { kinds, stamp: moment.stamp(), detail })
    }
}

fn of_support(event: &support::Event<'_>) -> Option<FactKinds> {
    use support::Event as E;
    let kind = match event {
        E::Escalated(_) => FactKind::TicketEscalated,
        E::Resolved(_) => FactKind::TicketResolved,
        E::Reopened(_) => FactKind::TicketReopened,
        E::Opened(_) | E::Updated(_) | E::Csat(_) | E::SelfService(_) => return None,
    };
    Some(FactKinds::of([kind]))
}

fn of_feedback(event: &feedback::Event<'_>, key: &IdKey) -> (FactKinds, Detail) {
    match event {
        feedback::Event::Nps(nps) => {
            let narrow = match nps.score.get() {
                9.. => FactKind::NpsPromoter,
                7..=8 => FactKind::NpsPassive,
                0..=6 => FactKind::NpsDetractor,
            };
            let answer = Answer {
                score: nps.score.get(),
                respondent: nps.respondent_id.as_ref().map(|id| key.hash(id)),
                respondent_id: nps.respondent_id.as_ref().map(|id| CompactString::new(&**id)),
                survey: nps.survey,
            };
            (FactKinds::of([FactKind::Nps, narrow]), Detail::Answer(answer))
        }
        feedback::Event::SurveySent(_) => (FactKinds::of([FactKind::SurveySent]), Detail::Nothing),
    }
}

fn of_relationship(event: &relationship::Event<'_>) -> (FactKinds, Detail) {
    use relationship::Event as E;
    let mut detail = Detail::Nothing;
    let kinds = match event {
        E::SponsorAssigned(_) => FactKinds::of([FactKind::SponsorAssigned]),
        E::SponsorEngaged(_) => FactKinds::of([FactKind::SponsorEngaged]),
        E::SponsorDeparted(_) => FactKinds::of([FactKind::SponsorDeparted]),
        E::StakeholderChanged(changed) => {
            let role = changed.role.trim().to_lowercase();
            let is_sponsor = role == "sponsor" || role.ends_with(" sponsor");
            let narrow = is_sponsor.then_some(FactKind::SponsorReplaced);
            FactKinds::of([FactKind::StakeholderChanged].into_iter().chain(narrow))
        }
        E::BusinessReview(review) => match review.status {
            ReviewStatus::Missed => FactKinds::of([FactKind::BusinessReviewMissed]),
            ReviewStatus::Attended => {
                let narrow = review.kind.map(|kind| match kind {
                    ReviewKind::Executive => FactKind::ExecutiveReviewAttended,
                    ReviewKind::Operational => FactKind::OperationalReviewAttended,
                });
                FactKinds::of([FactKind::BusinessReviewAttended].into_iter().chain(narrow))
            }
        },
        E::BusinessReviewScheduled(review) => {
            detail = Detail::Appointment(review.at);
            FactKinds::of([FactKind::BusinessReviewScheduled])
        }
        E::OutreachSent(_) => FactKinds::of([FactKind::OutreachSent]),
        E::OutreachReplied(_) => FactKinds::of([FactKind::OutreachReplied]),
        E::Meeting(meeting) => FactKinds::of([match meeting.status {
            MeetingStatus::Scheduled => FactKind::MeetingScheduled,
            MeetingStatus::Attended => FactKind::MeetingAttended,
            MeetingStatus::Missed => FactKind::MeetingMissed,
        }]),
        E::ActionItem(item) => FactKinds::of([match item.status {
            relationship::ActionStatus::Opened => FactKind::ActionItemOpened,
            relationship::ActionStatus::Done => FactKind::ActionItemDone,
        }]),
        E::Advocacy(advocacy) => FactKinds::of([match advocacy.kind {
            AdvocacyKind::Reference => FactKind::AdvocacyReference,
            AdvocacyKind::Review => FactKind::AdvocacyReview,
            AdvocacyKind::CaseStudy => FactKind::AdvocacyCaseStudy,
            AdvocacyKind::Talk => FactKind::AdvocacyTalk,
        }]),
        E::Community(_) => FactKinds::of([FactKind::Community]),
        E::OrgChange(_) => FactKinds::of([FactKind::OrgChange]),
        E::TrainingCompleted(_) => FactKinds::of([FactKind::TrainingCompleted]),
        E::KickoffHeld(_) => FactKinds::of([FactKind::KickoffHeld]),
        E::Note(_) => FactKinds::of([FactKind::Note]),
    };
    (kinds, detail)
}

fn of_outcomes(event: &outcomes::Event<'_>) -> FactKinds {
    use outcomes::Event as E;
    FactKinds::of([match event {
        E::RoiReported(roi) if roi.realized.get() >= roi.target.get() => {
            return FactKinds::of([FactKind::RoiReported, FactKind::RoiAtTarget]);
        }
        E::RoiReported(_) => FactKind::RoiReported,
        E::Kpi(_) => FactKind::Kpi,
        E::FirstValue(_) => FactKind::FirstValue,
        E::UseCaseActivated(_) => FactKind::UseCaseActivated,
        E::UseCaseRetired(_) => FactKind::UseCaseRetired,
        E::IntegrationDeployed(_) => FactKind::IntegrationDeployed,
        E::MilestonePlanned(_) => FactKind::MilestonePlanned,
        E::MilestoneCompleted(_) => FactKind::MilestoneCompleted,
        E::ProjectDelayed(_) => FactKind::ProjectDelayed,
        E::ObjectiveSet(_) => FactKind::ObjectiveSet,
        E::OutcomeDocumented(_) => FactKind::OutcomeDocumented,
        E::SuccessPlanUpdated(_) => FactKind::SuccessPlanUpdated,
    }])
}

fn of_commercial(event: &commercial::Event<'_>) -> Option<(FactKinds, Detail)> {
    use commercial::Event as E;
    let expansion = |expansion: &commercial::Expansion<'_>| Detail::Expansion {
        opportunity_id: expansion.opportunity_id.as_ref().map(|id| CompactString::new(&**id)),
        amount_cents: expansion.amount_cents,
    };
    let (kind, detail) = match event {
        E::InvoiceIssued(_) => return None,
        E::PaymentReceived(_) => (FactKind::PaymentReceived, Detail::Nothing),
        E::PaymentFailed(_) => (FactKind::PaymentFailed, Detail::Nothing),
        E::RenewalTouch(_) => (FactKind::RenewalTouch, Detail::Nothing),
        E::RenewalReply(_) => (FactKind::RenewalReply, Detail::Nothing),
        E::RenewalIntent(_) => (FactKind::RenewalIntent, Detail::Nothing),
        E::ExpansionOpened(it) => (FactKind::ExpansionOpened, expansion(it)),
        E::ExpansionWon(it) => (FactKind::ExpansionWon, expansion(it)),
        E::ExpansionLost(it) => (FactKind::ExpansionLost, expansion(it)),
        E::BudgetStatus(_) => (FactKind::BudgetStatus, Detail::Nothing),
        E::BudgetConcern(_) => (FactKind::BudgetConcern, Detail::Nothing),
        E::CompetitorMention(_) => (FactKind::CompetitorMention, Detail::Nothing),
        E::ContractSigned(signed) => {
            let detail = Detail::Contract { ends_at: signed.contract_end, arr_cents: None };
            (FactKind::ContractSigned, detail)
        }
        E::ContractRenewed(renewed) => {
            let arr_cents = renewed.arr_cents;
            let detail = Detail::Contract { ends_at: renewed.contract_end, arr_cents };
            (FactKind::ContractRenewed, detail)
        }
        E::ContractChurned(_) => (FactKind::ContractChurned, Detail::Nothing),
    };
    Some((FactKinds::of([kind]), detail))
}

const fn of_command(event: &command::Event<'_>) -> FactKind {
    use command::Event as E;
    match event {
        E::AcknowledgeAlert(_) => FactKind::AlertAcknowledged,
        E::OverrideHealth(_) => FactKind::HealthOverridden,
        E::LogTouchpoint(_) => FactKind::TouchpointLogged,
        E::AssessHealth(_) => FactKind::HealthAssessed,
        E::CreateSuccessPlan(_) => FactKind::SuccessPlanCreated,
        E::IdentifyExpansion(_) => FactKind::ExpansionIdentified,
        E::AnalyzeChurnRisk(_) => FactKind::ChurnRiskAnalyzed,
        E::BusinessReview(_) => FactKind::DeckRequested,
        E::SnoozeAlert(_)
        | E::ResolveAlert(_)
        | E::CompleteStep(_)
        | E::SkipStep(_)
        | E::CancelRun(_)
        | E::StartPlaybook(_)
        | E::HoldAccount(_)
        | E::ErasePerson(_) => FactKind::Ordered,
    }
}
