//! An account among its peers: accounts of its segment, and healthy ones of its plan, too.
//!
//! Who is counted when stands in `tally.rs`; when it is published in `decide/health.rs`.

use compact_str::CompactString;

use super::Fleet;
use crate::engine::account::Account;
use crate::engine::assess::{Assessment, round_half_up};
use crate::engine::event::Topic;
use crate::engine::id::name_hash;
use crate::engine::model::Model;
use crate::engine::model::offer::Feature;
use crate::engine::output::health::{Peers, UnusedFeature};
use crate::engine::window;

/// Most unused features that are named.
pub const UNUSED_MAX: usize = 5;

impl Fleet {
    /// Compares an account with its peers of the last day that is over.
    pub fn peers_of(&self, model: &Model, account: &Account, assessment: &Assessment) -> Peers {
        Peers {
            health_percentile: self.health_percentile(model, assessment),
            unused_features: self.unused_features(model, account, assessment),
        }
    }

    fn health_percentile(&self, model: &Model, assessment: &Assessment) -> Option<f64> {
        let scores = self.scores(assessment.segment);
        let total = scores.total();
        if assessment.is_no_data || total < model.peers.accounts_min {
            return None;
        }
        let below = scores.below(assessment.health_score);
        Some(round_half_up(100.0 * below / f64::from(total), 1))
    }

    /// What many healthy accounts of the same segment and plan use and this one does not, the
    /// most used first. Nothing is said of an account of whose features nothing is known.
    fn unused_features(
        &self,
        model: &Model,
        account: &Account,
        assessment: &Assessment,
    ) -> Vec<UnusedFeature> {
        let plan = account.profile.said().and_then(|said| said.plan.as_deref());
        let groups = &self.peers.groups;
        let place = groups.binary_search_by(|it| it.key().cmp(&(assessment.segment, plan)));
        let Ok(group) = place.map(|at| &groups[at]) else { return Vec::new() };
        if !account.usage.features.is_any_ever() || group.accounts < model.peers.healthy_min {
            return Vec::new();
        }
        let as_of = self.silences.as_of(Topic::Usage, assessment.at);
        let start = window::since(as_of, model.peers.feature_days);
        let share = |accounts| f64::from(accounts) / f64::from(group.accounts);
        let unused = group.features.iter().filter(|feature| {
            share(feature.accounts) >= model.peers.feature_share
                && account.usage.features.is_unseen_since(feature.hash, start)
        });
        let mut unused: Vec<UnusedFeature> = unused
            .filter_map(|feature| {
                let named = |it: &&Feature| name_hash(&it.name) == feature.hash;
                let known = model.features.iter().find(named).filter(|it| it.is_in(plan))?;
                let share = round_half_up(share(feature.accounts), 3);
                Some(UnusedFeature { feature: CompactString::new(&known.name), share })
            })
            .collect();
        unused.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.feature.cmp(&b.feature)));
        unused.truncate(UNUSED_MAX);
        unused
    }
}
