//! The types of `cs.commands`: what people and CRMs ask for.
//!
//! What a command sets in motion is decided in `decide.rs` and kept in `account/workflow.rs`.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::event::event_types;
use super::field::{Id, Ids, Score, Str};
use super::time::Timestamp;

event_types! {
    /// The types of `cs.commands`; each names its actor.
    pub enum Event in "cs.commands" {
        /// Somebody looks after an alert.
        "acknowledge_alert" => AcknowledgeAlert(AcknowledgeAlert<'a>),
        /// An alert is to be quiet for a while.
        "snooze_alert" => SnoozeAlert(SnoozeAlert<'a>),
        /// An alert is done with.
        "resolve_alert" => ResolveAlert(ResolveAlert<'a>),
        /// A step of a run was done.
        "complete_step" => CompleteStep(Step<'a>),
        /// A step of a run is not needed.
        "skip_step" => SkipStep(Step<'a>),
        /// A run is not needed.
        "cancel_run" => CancelRun(CancelRun<'a>),
        /// A playbook is to begin.
        "start_playbook" => StartPlaybook(StartPlaybook<'a>),
        /// A person knows better than the score.
        "override_health" => OverrideHealth(OverrideHealth<'a>),
        /// Somebody was in touch with the customer.
        "log_touchpoint" => LogTouchpoint(LogTouchpoint<'a>),
        /// The vendor itself has an incident: hold the account's alerts.
        "hold_account" => HoldAccount(HoldAccount<'a>),
        /// A person's right to be forgotten.
        "erase_person" => ErasePerson(ErasePerson<'a>),
        /// Ask for a health report.
        "assess_health" => AssessHealth(Operation<'a>),
        /// Ask for a success plan.
        "create_success_plan" => CreateSuccessPlan(Operation<'a>),
        /// Ask for expansion opportunities.
        "identify_expansion" => IdentifyExpansion(Operation<'a>),
        /// Ask for a retention forecast.
        "analyze_churn_risk" => AnalyzeChurnRisk(Operation<'a>),
        /// Ask for a business review deck.
        "business_review" => BusinessReview(Operation<'a>),
    }
}

/// Fields of `acknowledge_alert`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AcknowledgeAlert<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Which alert.
    pub alert_id: Id<'a>,
}

/// Fields of `snooze_alert`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SnoozeAlert<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Which alert.
    pub alert_id: Id<'a>,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: Str<'a>,
}

/// Fields of `resolve_alert`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ResolveAlert<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Which alert.
    pub alert_id: Id<'a>,
    /// Why.
    pub reason: Option<Str<'a>>,
}

/// Fields of `complete_step` and `skip_step`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Step<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Which run.
    pub run_id: Id<'a>,
    /// Which of its steps.
    pub step: Id<'a>,
    /// What there is to say.
    pub note: Option<Str<'a>>,
}

/// Fields of `cancel_run`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CancelRun<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Which run.
    pub run_id: Id<'a>,
    /// Why.
    pub reason: Str<'a>,
}

/// Fields of `start_playbook`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StartPlaybook<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Which playbook.
    pub playbook: Id<'a>,
}

/// Fields of `override_health`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct OverrideHealth<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// The health to display.
    pub value: Score,
    /// Why.
    pub note: Str<'a>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Fields of `log_touchpoint`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LogTouchpoint<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Call, mail, visit…
    pub kind: Option<Str<'a>>,
    /// What there is to say.
    pub note: Option<Str<'a>>,
}

/// Fields of `hold_account`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct HoldAccount<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Until when.
    pub until: Timestamp,
    /// The incident.
    pub reason: Str<'a>,
    /// Features that suffer.
    pub features: Option<Ids<'a>>,
}

/// Fields of `erase_person`: at least one of the two ids is there.
#[derive(Clone, Debug, PartialEq)]
pub struct ErasePerson<'a> {
    /// Who asks.
    pub actor: Id<'a>,
    /// A person who answered surveys.
    pub respondent_id: Option<Id<'a>>,
    /// A user of the product.
    pub user_id: Option<Id<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for ErasePerson<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            #[serde(borrow)]
            actor: Id<'a>,
            respondent_id: Option<Id<'a>>,
            user_id: Option<Id<'a>>,
        }
        let Fields { actor, respondent_id, user_id } = Fields::deserialize(deserializer)?;
        if respondent_id.is_none() && user_id.is_none() {
            return Err(D::Error::missing_field("respondent_id or user_id"));
        }
        Ok(Self { actor, respondent_id, user_id })
    }
}

/// What every operation says; its own fields (`schemas/cs.commands/`) are read where it is
/// answered, so that one of them missing is a refusal with a reason and not a dead letter.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Operation<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub actor: Id<'a>,
    /// Pairs the answer with the request.
    pub request_id: Id<'a>,
    /// The account that is asked about.
    pub customer_id: Id<'a>,
}
