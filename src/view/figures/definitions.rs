//! Definitions: what each figure means, in words for those who ask, its unit and its target.
//!
//! How a figure is computed stands in `portfolio.rs`, `work.rs` and `outcomes.rs`; this table has
//! one row for each field of their records.

use schemars::JsonSchema;
use serde::Serialize;

/// What a figure means.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Definition {
    /// The name of the figure's field.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// The figure to reach, where there is one.
    pub target: Option<Target>,
    /// What it means.
    pub text: &'static str,
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Accounts, with their revenue.
    Accounts,
    /// Cents of the reporting currency.
    Cents,
    /// Points of health, 0 to 100.
    Points,
    /// Times that something happened or is.
    Times,
    /// A share, 0 to 1, which retention may exceed.
    Share,
    /// Promoters less detractors in a hundred, −100 to 100.
    Nps,
    /// Grades, 1 to 5.
    Grade,
    /// Days.
    Days,
    /// Seconds.
    Seconds,
    /// Parts of what one customer-success manager can look after.
    Load,
    /// Figures of several units.
    Several,
}

/// The figure to reach, in the figure's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// More than so much.
    Above(f64),
    /// At least so much.
    AtLeast(f64),
    /// Less than so much.
    Below(f64),
}

use Target::{Above, AtLeast, Below};

/// What each figure means, in the order of the pages.
pub const DEFINITIONS: [Definition; 35] = [
    row("accounts", "Accounts", Unit::Accounts, None, "Accounts that did not leave."),
    row(
        "left",
        "Accounts that left",
        Unit::Accounts,
        None,
        "Accounts whose contract ended for good and that did not come back. They count in \
         retention and in what was done, nowhere else.",
    ),
    row(
        "arr",
        "ARR managed",
        Unit::Cents,
        None,
        "Annual recurring revenue of all accounts that did not leave, in the reporting currency. \
         Accounts whose revenue nobody told add nothing; how many these are stands beside it.",
    ),
    row(
        "by_segment",
        "Accounts by segment",
        Unit::Accounts,
        None,
        "Strategic accounts are named by hand; the others are sorted by annual revenue, or by \
         seats where revenue is not known.",
    ),
    row(
        "health_mean",
        "Average health",
        Unit::Points,
        None,
        "Mean of the displayed health of all accounts of which something is known: what a person \
         set counts in place of the computed score while it is in force.",
    ),
    row(
        "health_by_arr",
        "Average health by ARR",
        Unit::Points,
        None,
        "The same mean, in which each account counts by its revenue. Accounts without known \
         revenue are left out.",
    ),
    row(
        "healthy",
        "Healthy",
        Unit::Accounts,
        None,
        "Accounts displayed green: health of 90 and more, unless the model says otherwise. Changes \
         of band are damped.",
    ),
    row(
        "at_risk",
        "At risk",
        Unit::Accounts,
        None,
        "Accounts displayed yellow: health from 70 to below 90, unless the model says otherwise. \
         Those below are critical, and are not counted here.",
    ),
    row(
        "critical",
        "Critical",
        Unit::Accounts,
        None,
        "Accounts displayed red: health below 70, unless the model says otherwise.",
    ),
    row(
        "no_data",
        "Nothing known",
        Unit::Accounts,
        None,
        "Accounts of which nothing is known and whose health nobody set. They are in no band, and \
         in no average of health.",
    ),
    row(
        "churn_bands",
        "Accounts by churn risk",
        Unit::Accounts,
        None,
        "How likely an account is to leave within 90 days: critical above 0.70, high from 0.50, \
         moderate from 0.30, low below, unless the model says otherwise.",
    ),
    row(
        "renewals",
        "Renewals in 90 days",
        Unit::Accounts,
        None,
        "Accounts whose contract ends between today and 90 days from now, by days left: 0 to 30, \
         31 to 60, 61 to 90. Contracts that ended without a decision are overdue and stand apart.",
    ),
    row(
        "load",
        "CSM load",
        Unit::Load,
        None,
        "How much a manager has to look after, against the ratio of each segment: an account of \
         a segment with 1:10 takes one tenth. More than 1 is too much. In the figures of a segment \
         only its own accounts count.",
    ),
    row(
        "touchpoints_week",
        "Touchpoints this week",
        Unit::Times,
        None,
        "Meetings held, messages sent and touchpoints logged in the 7 days until today.",
    ),
    row(
        "touchpoints_month",
        "Touchpoints this month",
        Unit::Times,
        None,
        "Meetings held, messages sent and touchpoints logged in the 30 days until today.",
    ),
    row(
        "reviews",
        "Reviews completed",
        Unit::Times,
        None,
        "Business reviews that took place in the 30 days until today.",
    ),
    row(
        "plans_updated",
        "Success plans updated",
        Unit::Times,
        None,
        "Success plans that were made or updated in the 30 days until today.",
    ),
    row(
        "expansions",
        "Expansions identified",
        Unit::Times,
        None,
        "Expansion opportunities that were identified in the 30 days until today.",
    ),
    row(
        "mitigations_open",
        "Mitigations in progress",
        Unit::Times,
        None,
        "Open runs of the playbooks that mitigate a risk: at-risk intervention, revival after low \
         engagement, decline of use.",
    ),
    row(
        "nps",
        "NPS",
        Unit::Nps,
        Some(Above(50.0)),
        "Promoters (9 and 10) less detractors (0 to 6) in a hundred answers. The last answer of \
         each respondent in 90 days counts.",
    ),
    row(
        "nps_trend",
        "NPS by month",
        Unit::Nps,
        None,
        "NPS as it stood when each of the last months ended: over the answers that counted then. \
         Months before the first answers were read have no point.",
    ),
    row(
        "gross_retention",
        "Gross retention",
        Unit::Share,
        Some(Above(0.95)),
        "What is left of the revenue of a year ago: the sum of the lesser of revenue now and then, \
         over the sum of revenue then, of all accounts that paid at the last month end a year or \
         more ago. An account that left has 0 now. Younger accounts are left out, as are those \
         whose revenue then or now is not known.",
    ),
    row(
        "net_retention",
        "Net retention",
        Unit::Share,
        Some(Above(1.10)),
        "Revenue now over revenue a year ago, of the accounts of gross retention: what they buy in \
         addition counts. It may be more than 100 %.",
    ),
    row(
        "gross_retention_due",
        "Gross retention of renewals due",
        Unit::Share,
        None,
        "Gross retention over the renewals that were due in the 365 days until today and are \
         decided: revenue after the decision against revenue before. A lost one has 0 after. Other \
         currencies are converted at the account's present rate.",
    ),
    row(
        "net_retention_due",
        "Net retention of renewals due",
        Unit::Share,
        None,
        "Net retention over the same renewals: a higher revenue counts as it is.",
    ),
    row(
        "expansion_rate",
        "Expansion rate",
        Unit::Share,
        Some(Above(0.25)),
        "Renewals with a higher revenue than before, of all contracts renewed in the 365 days \
         until today. A lost contract is no renewal.",
    ),
    row(
        "renewal_cycle_days",
        "Renewal cycle",
        Unit::Days,
        Some(Below(45.0)),
        "Median days from the first touch about a renewal to the renewed contract, of those \
         renewed in the 365 days until today. Renewals without a touch are left out.",
    ),
    row(
        "time_to_value_days",
        "Time to value",
        Unit::Days,
        Some(Below(30.0)),
        "Median days from the beginning of an account to its first value, of accounts that began \
         in the 365 days until today and reached it. Those still on their way are left out.",
    ),
    row(
        "lifetime_value_cents",
        "Lifetime value",
        Unit::Cents,
        None,
        "Mean revenue of an account over the share of revenue that is lost in a year, which is 1 \
         less gross retention. Undefined while nothing was lost.",
    ),
    row(
        "coverage",
        "Coverage",
        Unit::Share,
        Some(AtLeast(1.0)),
        "Accounts that have a manager and an assessment with data, of all that did not leave.",
    ),
    row(
        "churn_accuracy",
        "Churn prediction accuracy",
        Unit::Share,
        Some(Above(0.80)),
        "How often the prediction was right. Not yet known: predictions must first be held against \
         what came of them, with base rate, precision, recall and calibration.",
    ),
    row(
        "response",
        "Response to alerts",
        Unit::Seconds,
        None,
        "From an alert to somebody who acknowledged it: the time that half of the answers did not \
         exceed, and nine of ten. Over the last 50 acknowledged alerts of each account; alerts \
         that nobody acknowledged are left out.",
    ),
    row(
        "adherence",
        "Playbook adherence",
        Unit::Share,
        None,
        "Steps of playbooks that were done by their due time, of all that were due in the 30 days \
         until today.",
    ),
    row(
        "csat",
        "CSAT",
        Unit::Grade,
        None,
        "Mean of the grades, 1 to 5, that were given in the 30 days until today.",
    ),
    row(
        "advocacy",
        "Advocacy",
        Unit::Times,
        None,
        "References, reviews, case studies and talks of accounts in the 30 days until today.",
    ),
];

const fn row(
    id: &'static str,
    title: &'static str,
    unit: Unit,
    target: Option<Target>,
    text: &'static str,
) -> Definition {
    Definition { id, title, unit, target, text }
}

/// What a figure means, by the name of its field.
pub fn definition(id: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|it| it.id == id)
}

impl Target {
    /// Whether a figure reaches it.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Above(bound) => value > bound,
            AtLeast(bound) => value >= bound,
            Below(bound) => value < bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::view::figures::Figures;
    use crate::view::figures::fold::Fold;

    #[test]
    fn every_figure_has_a_definition_and_every_definition_a_figure() {
        let figures = serde_json::to_value(Figures::of(&Fold::default())).expect("plain data");
        let groups = figures.as_object().expect("groups").values();
        let fields: Vec<_> =
            groups.flat_map(|it| it.as_object().expect("a group").keys()).collect();
        let ids: BTreeSet<_> = DEFINITIONS.iter().map(|it| it.id).collect();
        assert_eq!(ids.len(), DEFINITIONS.len());
        let mut names: BTreeSet<_> = fields.iter().map(|it| it.as_str()).collect();
        assert_eq!(names.len(), fields.len(), "a name of two groups");
        assert!(names.remove("goals"));
        assert_eq!(names, ids);
    }

    #[test]
    fn every_target_is_a_goal() {
        let figures = Figures::of(&Fold::default());
        let goals = figures.outcomes.goals.iter().map(|it| it.figure);
        let targets = DEFINITIONS.iter().filter(|it| it.target.is_some()).map(|it| it.id);
        assert!(goals.eq(targets));
    }

    #[test]
    fn a_target_is_met_on_its_side_of_the_bound() {
        assert!(Above(0.95).is_met(0.951) && !Above(0.95).is_met(0.95));
        assert!(AtLeast(1.0).is_met(1.0) && !AtLeast(1.0).is_met(0.99));
        assert!(Below(30.0).is_met(29.9) && !Below(30.0).is_met(30.0));
    }
}
