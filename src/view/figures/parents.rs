//! Parents: how the accounts that belong to another one stand together.
//!
//! A parent's own figures are not in it, nor are children that left. Which account is whose child
//! is said by `profile.parent`.

use std::collections::BTreeSet;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Serialize;

use super::share::Share;
use super::sums::{Arr, ArrSum, Figure, HealthSum, count};

/// How the children of an account stand together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct ParentFigures {
    /// How many children there are that did not leave.
    pub children: u64,
    /// Their annual recurring revenue.
    pub arr: Arr,
    /// Mean of their displayed health, in points, 0 to 100; over those of which something is known.
    pub health_mean: Figure,
    /// The same, each child by its revenue; over those whose revenue is known.
    pub health_by_arr: Figure,
    /// The child with the lowest displayed health; the first by id of several.
    pub worst: Option<WorstChild>,
}

/// The child with the lowest health.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WorstChild {
    /// Which account.
    pub account_id: String,
    /// Its displayed health, in points, 0 to 100.
    pub health: f64,
}

/// What the figures of a parent are made of: as exact as a fold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParentFold {
    children: i64,
    arr: ArrSum,
    health: HealthSum,
    by_health: BTreeSet<(u32, CompactString)>,
}

impl ParentFold {
    /// Adds a child.
    pub fn add(&mut self, share: &Share) {
        self.change(1, share);
        if let Some(place) = place(share) {
            self.by_health.insert(place);
        }
    }

    /// Takes a child away: the very share that was added.
    pub fn subtract(&mut self, share: &Share) {
        self.change(-1, share);
        if let Some(place) = place(share) {
            self.by_health.remove(&place);
        }
    }

    fn change(&mut self, sign: i64, share: &Share) {
        if let Some(standing) = &share.standing {
            self.children += sign;
            self.arr.change(sign, standing);
            self.health.change(sign, standing);
        }
    }

    /// Whether there is no child that did not leave.
    pub const fn is_empty(&self) -> bool {
        self.children <= 0
    }

    /// How the children stand together.
    pub fn figures(&self) -> ParentFigures {
        let worst = self.by_health.first().map(|(milli, account_id)| WorstChild {
            account_id: account_id.to_string(),
            health: f64::from(*milli) / 1_000.0,
        });
        ParentFigures {
            children: count(self.children),
            arr: self.arr.figures(),
            health_mean: self.health.mean(),
            health_by_arr: self.health.by_arr(),
            worst,
        }
    }
}

fn place(share: &Share) -> Option<(u32, CompactString)> {
    let (milli, _) = share.standing.as_ref()?.health?;
    Some((milli, share.account_id.clone()))
}
