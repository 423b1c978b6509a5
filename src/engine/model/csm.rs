//! The part of the model file about who looks after an account, and how closely.
//!
//! What a manager is told to do is the business of alert rules (`rules.rs`) and playbooks.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::engine::account::profile::{Said, Segment};
use crate::engine::id::name_hash;

/// Most managers of a roster.
const ROSTER_MAX: usize = 10_000;

/// The `csm` section.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct CsmModel {
    /// How accounts are looked after, by segment.
    care: CareBySegment,
    /// The owner of an account whose profile names none, while the roster has nobody for it.
    #[schemars(with = "String")]
    pub unassigned: CompactString,
    /// Who looks after accounts whose profile names nobody.
    #[schemars(length(max = ROSTER_MAX))]
    pub roster: Vec<Csm>,
}

/// How accounts are looked after.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[allow(missing_docs)] // the segments say what each is
struct CareBySegment {
    strategic: Care,
    enterprise: Care,
    mid_market: Care,
    smb: Care,
}

/// How accounts of a kind are looked after.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Care {
    /// How closely.
    pub touch: Touch,
    /// How many of them one manager looks after.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub accounts_per_csm: u32,
}

/// A customer-success manager of the roster.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Csm {
    /// The name, as in profiles.
    #[schemars(with = "String")]
    pub name: CompactString,
    /// The segments whose accounts they take.
    pub segments: Vec<Segment>,
    /// Their share of the accounts, next to the others'.
    #[schemars(range(min = 0.001, max = 1000))]
    pub weight: f64,
}

/// How closely an account is looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Touch {
    /// In person, on site.
    WhiteGlove,
    /// In person.
    High,
    /// In person when it matters.
    Medium,
    /// By what is sent to all.
    Digital,
}

/// Who said who looks after an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignedBy {
    /// Its profile.
    Profile,
    /// The roster.
    Roster,
    /// Nobody.
    Nobody,
}

impl CsmModel {
    /// Who looks after an account; never empty.
    ///
    /// Without a word of its profile it is the one of the roster whose draw, made from both names
    /// and the weight, is highest (weighted rendezvous hashing): who joins or leaves the roster
    /// moves no account but their own.
    pub fn owner<'a>(
        &'a self,
        account_id: &str,
        segment: Segment,
        said: Option<&'a Said>,
    ) -> (&'a CompactString, AssignedBy) {
        if let Some(csm) = said.and_then(|said| said.csm.as_ref()) {
            return (csm, AssignedBy::Profile);
        }
        let account = name_hash(account_id);
        let takers = self.roster.iter().filter(|csm| csm.segments.contains(&segment));
        let drawn = takers.max_by(|a, b| {
            a.draw(account).total_cmp(&b.draw(account)).then_with(|| b.name.cmp(&a.name))
        });
        match drawn {
            Some(csm) => (&csm.name, AssignedBy::Roster),
            None => (&self.unassigned, AssignedBy::Nobody),
        }
    }

    /// How accounts of a segment are looked after.
    pub const fn care(&self, segment: Segment) -> Care {
        match segment {
            Segment::Strategic => self.care.strategic,
            Segment::Enterprise => self.care.enterprise,
            Segment::MidMarket => self.care.mid_market,
            Segment::Smb => self.care.smb,
        }
    }

    /// Says everything that reads well and means nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.unassigned.trim().is_empty() {
            problems.say(&["csm", "unassigned"], "must not be empty");
        }
        for (index, csm) in self.roster.iter().enumerate() {
            if csm.name.trim().is_empty() {
                problems.say(&["csm", "roster"], format!("number {} has no name", index + 1));
            }
            if self.roster[..index].iter().any(|earlier| earlier.name == csm.name) {
                problems.say(&["csm", "roster"], format!("{} stands twice", csm.name));
            }
        }
    }
}

impl Csm {
    /// More than 0, and the higher the greater the weight: `-weight / ln(u)` of a `u` in 0 to 1
    /// that depends on both names alone.
    fn draw(&self, account: u64) -> f64 {
        // Every bit of both hashes moves every bit of the mix (the finalizer of MurmurHash3).
        let mut mix = account ^ name_hash(&self.name).rotate_left(32);
        for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
            mix = (mix ^ (mix >> 33)).wrapping_mul(factor);
        }
        mix ^= mix >> 33;
        let u = ((mix >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        -self.weight / u.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(roster: &[(&str, f64)]) -> CsmModel {
        let segments = vec![Segment::Smb];
        let csm = |(name, weight): &(&str, f64)| Csm {
            name: CompactString::from(*name),
            segments: segments.clone(),
            weight: *weight,
        };
        let care = Care { touch: Touch::Digital, accounts_per_csm: 100 };
        CsmModel {
            care: CareBySegment { strategic: care, enterprise: care, mid_market: care, smb: care },
            unassigned: "nobody".into(),
            roster: roster.iter().map(csm).collect(),
        }
    }

    fn owner(model: &CsmModel, account: usize) -> CompactString {
        model.owner(&format!("account-{account}"), Segment::Smb, None).0.clone()
    }

    #[test]
    fn who_leaves_the_roster_moves_only_their_own_accounts() {
        let all = model(&[("ann", 1.0), ("bob", 2.0), ("cid", 1.0)]);
        let without_bob = model(&[("cid", 1.0), ("ann", 1.0)]);
        let mut of_bob = 0;
        for account in 0..4000 {
            match owner(&all, account).as_str() {
                "bob" => of_bob += 1,
                other => assert_eq!(owner(&without_bob, account), other),
            }
        }
        assert!((1850..2150).contains(&of_bob), "half of the weight: {of_bob} of 4000");
    }

    #[test]
    fn the_profile_comes_first_and_the_owner_is_never_empty() {
        let model = model(&[("ann", 1.0)]);
        let said = Said { csm: Some("zoe".into()), ..Said::default() };
        let owner = |segment, said| {
            let (name, by) = model.owner("acme", segment, said);
            (name.as_str(), by)
        };
        assert_eq!(owner(Segment::Smb, Some(&said)), ("zoe", AssignedBy::Profile));
        assert_eq!(owner(Segment::Smb, None), ("ann", AssignedBy::Roster));
        assert_eq!(owner(Segment::Strategic, None), ("nobody", AssignedBy::Nobody));
    }
}
