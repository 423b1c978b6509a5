//! What there is to sell and to use: features, products, plans, limits, milestones of use.
//!
//! What is made of these numbers stands in `engine/figure/`; playbooks are `model/playbooks.rs`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Model;
use super::condition::{Comparison, Test};
use super::problems::Problems;
use super::wording;
use crate::engine::account::Account;
use crate::engine::figure::{FigureId, catalogue};
use crate::engine::id::name_hash;
use crate::engine::time::Timestamp;
use crate::engine::window;

/// A feature of the product.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Feature {
    /// Its name, as in events.
    pub name: String,
    /// Whether customers buy the product for it.
    pub core: bool,
    /// Who uses one of these has a use for it; everybody where none is named.
    #[serde(default)]
    pub related: Vec<String>,
    /// The plans that have it; all where none is named.
    #[serde(default)]
    pub plans: Vec<String>,
    /// When it was or will be launched; nothing for one that was always there.
    #[schemars(with = "Option<String>")]
    pub launched_on: Option<Timestamp>,
}

/// What can be bought, the smallest first; empty lists say nothing.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Offer {
    /// Products.
    pub products: Vec<String>,
    /// Plans.
    pub plans: Vec<String>,
}

/// When a meter of the plan is near its limit.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct MeterRule {
    /// From this share of the limit on.
    #[schemars(range(min = 0.01, max = 1))]
    pub near_share: f64,
    /// For so many days a meter without a reading is taken to be where it was.
    #[schemars(range(max = 31))]
    pub carry_days: u16,
}

/// Whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SurveyRule {
    /// Nobody is asked again within so many days.
    #[schemars(range(min = 1, max = 400))]
    pub ask_again_days: u16,
}

/// When an account has far more licences than users.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct LicenceRule {
    /// Less than this share of the seats has a user within 30 days.
    #[schemars(range(min = 0, max = 1))]
    pub used_share_below: f64,
    /// And at least so many seats have none.
    pub unused_seats_min: u32,
    /// Younger accounts are not judged.
    #[schemars(range(max = 3650))]
    pub age_days_min: u16,
}

/// A milestone of use: it is passed once.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct UsageMilestone {
    /// Its id.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// What it is called in messages.
    #[schemars(length(min = 1, max = 100))]
    pub title: String,
    /// The figure that passes it.
    #[schemars(length(min = 1, max = 64))]
    metric: String,
    /// From this on it is passed.
    #[schemars(range(min = 0, max = 1e15))]
    pub at_least: f64,
}

impl UsageMilestone {
    /// What passes it.
    pub fn test(&self) -> Option<Test> {
        let figure = FigureId::named(&self.metric)?;
        Some(Test { figure, comparison: Comparison::AtLeast, bound: self.at_least })
    }
}

impl Feature {
    /// Whether a plan has it.
    pub fn is_in(&self, plan: Option<&str>) -> bool {
        self.plans.is_empty() || plan.is_some_and(|plan| self.plans.iter().any(|it| it == plan))
    }
}

impl Model {
    /// The features whose launch has come and that matter to an account: its plan has them, and it
    /// used a related one lately.
    pub fn relevant_launches<'m>(
        &'m self,
        account: &'m Account,
        now: Timestamp,
    ) -> impl Iterator<Item = &'m Feature> {
        let plan = account.profile.said().and_then(|said| said.plan.as_deref());
        let start = window::since(now, self.peers.feature_days);
        let is_used =
            move |name: &String| account.usage.features.is_seen_since(name_hash(name), start);
        self.features.iter().filter(move |feature| {
            feature.launched_on.is_some_and(|at| at <= now)
                && feature.is_in(plan)
                && (feature.related.is_empty() || feature.related.iter().any(is_used))
        })
    }

    pub(super) fn check_offer(&self, problems: &mut Problems) {
        let figures: Vec<&str> = catalogue().iter().map(|figure| figure.name).collect();
        for (index, milestone) in self.usage_milestones.iter().enumerate() {
            let place = index.to_string();
            if FigureId::named(&milestone.metric).is_none() {
                let path = ["usage_milestones", &place, "metric"];
                problems.say(&path, wording::unknown("metric", &milestone.metric, &figures));
            }
            if self.usage_milestones[..index].iter().any(|earlier| earlier.id == milestone.id) {
                let problem = format!("the id {} stands twice", milestone.id);
                problems.say(&["usage_milestones", &place, "id"], problem);
            }
        }
        let names: Vec<&str> = self.features.iter().map(|feature| feature.name.as_str()).collect();
        for (index, feature) in self.features.iter().enumerate() {
            for (nth, related) in feature.related.iter().enumerate() {
                if !names.contains(&related.as_str()) {
                    let path = ["features", &index.to_string(), "related", &nth.to_string()];
                    problems.say(&path, wording::unknown("feature", related, &names));
                }
            }
        }
    }
}
