//! Lists of accounts: filtered, searched, sorted, a page at a time.
//!
//! Cursors name the last row of a page by its sort key and id, so that a page goes on where the one
//! before ended though scores moved meanwhile. How they are written is `http/`'s business.

use std::cmp::Reverse;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::first::First;
use super::snapshot::Snapshot;
use crate::engine::account::profile::Segment;
use crate::engine::assess::lifecycle::Phase;
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::health::HealthBand;
use crate::engine::time::{Day, Timestamp};

/// Most rows of a page.
pub const PAGE_MAX: usize = 200;

/// Which accounts, in what order, from where on.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Which accounts count at all.
    pub filter: Filter,
    /// By what they are sorted; equal ones by id.
    pub sort: Sort,
    /// The largest first.
    pub is_descending: bool,
    /// After which row the page begins.
    pub after: Option<Cursor>,
    /// Rows of the page, at most [`PAGE_MAX`].
    pub limit: usize,
}

/// Which accounts count; each part that is empty lets all pass.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of these managers only: what the one who asks may see.
    pub scope: Option<Arc<[CompactString]>>,
    /// Displayed bands; an account of which nothing is known is in none.
    pub bands: Vec<HealthBand>,
    /// Accounts of which something is known, or those of which nothing is.
    pub known: Option<bool>,
    /// Churn bands.
    pub churn_bands: Vec<ChurnBand>,
    /// Segments.
    pub segments: Vec<Segment>,
    /// Phases.
    pub phases: Vec<Phase>,
    /// Accounts that left, or those that did not.
    pub left: Option<bool>,
    /// The customer-success manager.
    pub csm: Option<CompactString>,
    /// The parent account.
    pub parent: Option<CompactString>,
    /// Days until the contract ends, at most. Neither what ended already counts, nor an account
    /// that left: nothing of it is renewed.
    pub renewal_within_days: Option<u16>,
    /// A part of name or id, in any case.
    pub search: Option<String>,
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Display name.
    #[default]
    Name,
    /// Displayed health.
    Health,
    /// The change of health since the publication before.
    Change,
    /// Churn probability.
    Churn,
    /// Annual revenue in the reporting currency.
    Arr,
    /// The end of the contract.
    Renewal,
    /// How much of the picture is known.
    Confidence,
    /// The customer-success manager.
    Csm,
    /// When it was assessed.
    At,
}

/// The last row of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    key: Key<CompactString>,
    account_id: CompactString,
}

/// What a row is sorted by, in its direction; rows without it come last in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Key<Text> {
    /// Ordered as the number is.
    Number(i64),
    Text(Text),
    Descending(Reverse<Text>),
    Missing,
}

/// A page of accounts.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its rows.
    pub accounts: Vec<Arc<Account>>,
    /// How many accounts the filter lets pass, on all pages.
    pub n_total: usize,
    /// Where the next page begins; nothing when there is none.
    pub next: Option<Cursor>,
}

impl Snapshot {
    /// The accounts that a filter lets pass as of this snapshot, in the order of their ids.
    pub fn filtered<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = &'a Arc<Account>> {
        let judged = Judged::new(filter, self.now);
        self.accounts.iter().filter(move |account| judged.passes(account))
    }

    /// A page of accounts.
    pub fn list(&self, query: &Query) -> Page {
        let after = query.after.as_ref();
        let after = after.map(|cursor| (cursor.key.borrowed(), cursor.account_id.as_str()));
        let mut first = First::new(after, query.limit.clamp(1, PAGE_MAX));
        let mut n_total = 0;
        for account in self.filtered(&query.filter) {
            n_total += 1;
            let key = query.sort.key(account).directed(query.is_descending);
            first.put((key, account.id().as_str()), account);
        }
        let (rows, is_more) = first.into_rows();
        let next = rows.last().filter(|_| is_more).map(|((key, account_id), _)| Cursor {
            key: key.owned(),
            account_id: (*account_id).into(),
        });
        let accounts = rows.into_iter().map(|(_, account)| Arc::clone(account)).collect();
        Page { accounts, n_total, next }
    }
}

impl Filter {
    /// Whether every account passes.
    pub fn whole(&self) -> bool {
        self.scope.is_none() && self.is_whole_scope()
    }

    /// Whether all that one may see passes.
    pub fn is_whole_scope(&self) -> bool {
        self.csm.is_none() && self.segments.is_empty() && self.is_plain()
    }

    /// The one manager whose accounts pass, if that is all that is asked.
    pub fn only_csm(&self) -> Option<&CompactString> {
        let is_alone = self.segments.is_empty() && self.is_plain();
        match (&self.scope, &self.csm) {
            (None, Some(csm)) if is_alone => Some(csm),
            (Some(scope), Some(csm)) if is_alone && scope.contains(csm) => Some(csm),
            (Some(scope), None) if is_alone && scope.len() == 1 => scope.first(),
            _ => None,
        }
    }

    /// The one segment whose accounts pass, if that is all that is asked.
    pub fn only_segment(&self) -> Option<Segment> {
        let is_alone = self.scope.is_none() && self.csm.is_none() && self.is_plain();
        self.segments.first().copied().filter(|_| is_alone && self.segments.len() == 1)
    }

    /// Whether nothing but scope, manager and segment is asked.
    fn is_plain(&self) -> bool {
        self.bands.is_empty()
            && self.known.is_none()
            && self.churn_bands.is_empty()
            && self.phases.is_empty()
            && self.left.is_none()
            && self.parent.is_none()
            && self.renewal_within_days.is_none()
            && self.search.is_none()
    }
}

/// A filter with what is computed of it once.
struct Judged<'a> {
    filter: &'a Filter,
    searched: Option<String>,
    /// Contracts that end from the first of these days to the last.
    ends: Option<(Day, Day)>,
}

impl<'a> Judged<'a> {
    fn new(filter: &'a Filter, now: Timestamp) -> Self {
        let searched = filter.search.as_ref().map(|text| text.trim().to_lowercase());
        let until = |days: u16| (now.day(), now.day().plus(i32::from(days)));
        Self {
            filter,
            searched: searched.filter(|text| !text.is_empty()),
            ends: filter.renewal_within_days.map(until),
        }
    }

    fn passes(&self, account: &Account) -> bool {
        let (filter, row) = (self.filter, &*account.health);
        // Nothing of the row is looked at that is not asked for: of 100,000 none is at hand.
        let has_left = || row.phase == Some(Phase::Churned);
        is_in_scope(filter.scope.as_deref(), &row.csm)
            && any(&filter.bands, |band| row.is_known && *band == row.band)
            && filter.known.is_none_or(|known| known == row.is_known)
            && any(&filter.churn_bands, |band| *band == row.churn_band)
            && any(&filter.segments, |segment| *segment == row.segment)
            && any(&filter.phases, |phase| Some(*phase) == row.phase)
            && filter.left.is_none_or(|left| left == has_left())
            && filter.csm.as_ref().is_none_or(|csm| *csm == row.csm)
            && filter.parent.as_ref().is_none_or(|parent| Some(parent) == row.parent.as_ref())
            && self.ends.is_none_or(|(from, to)| {
                !has_left() && row.contract_end.is_some_and(|end| (from..=to).contains(&end.day()))
            })
            && self.searched.as_ref().is_none_or(|text| row.searched.contains(text))
    }
}

/// Whether one may see what this manager looks after.
pub fn is_in_scope(scope: Option<&[CompactString]>, csm: &str) -> bool {
    scope.is_none_or(|scope| scope.iter().any(|name| name == csm))
}

fn any<T>(wanted: &[T], is_it: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(is_it)
}

impl Sort {
    /// All orders, with their names in addresses.
    pub const ALL: [(Sort, &'static str); 9] = [
        (Sort::Name, "name"),
        (Sort::Health, "health"),
        (Sort::Change, "change"),
        (Sort::Churn, "churn"),
        (Sort::Arr, "arr"),
        (Sort::Renewal, "renewal"),
        (Sort::Confidence, "confidence"),
        (Sort::Csm, "csm"),
        (Sort::At, "at"),
    ];

    fn key(self, account: &Account) -> Key<&str> {
        let row = &*account.health;
        let whole = |value: Option<i64>| value.map_or(Key::Missing, Key::Number);
        match self {
            Sort::Name => Key::Text(&row.searched),
            Sort::Csm => Key::Text(&row.csm),
            Sort::Health => Key::Number(ordered(row.health)),
            Sort::Change => whole(row.change.map(ordered)),
            Sort::Churn => Key::Number(ordered(row.churn_probability)),
            Sort::Arr => whole(row.arr_cents),
            Sort::Renewal => whole(row.contract_end.map(Timestamp::as_millis)),
            Sort::Confidence => Key::Number(ordered(row.confidence)),
            Sort::At => Key::Number(row.at.as_millis()),
        }
    }
}

/// An integer that is ordered as the number is (`f64::total_cmp`).
const fn ordered(number: f64) -> i64 {
    let bits = number.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

impl Key<&str> {
    fn directed(self, is_descending: bool) -> Self {
        match self {
            Key::Number(number) if is_descending => Key::Number(!number),
            Key::Text(text) if is_descending => Key::Descending(Reverse(text)),
            key => key,
        }
    }

    fn owned(self) -> Key<CompactString> {
        match self {
            Key::Number(number) => Key::Number(number),
            Key::Text(text) => Key::Text(text.into()),
            Key::Descending(Reverse(text)) => Key::Descending(Reverse(text.into())),
            Key::Missing => Key::Missing,
        }
    }
}

impl Key<CompactString> {
    fn borrowed(&self) -> Key<&str> {
        match self {
            Key::Number(number) => Key::Number(*number),
            Key::Text(text) => Key::Text(text),
            Key::Descending(Reverse(text)) => Key::Descending(Reverse(text)),
            Key::Missing => Key::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::{account, snapshot};
    use proptest::prelude::*;

    fn ids(page: &Page) -> Vec<String> {
        page.accounts.iter().map(|account| account.id().to_string()).collect()
    }

    #[test]
    fn filters_go_together() {
        let view = snapshot(&[
            account("a", |it| it["csm"]["name"] = "zoe".into()),
            account("b", |it| {
                it["displayed_health_band"] = "red".into();
                it["phase"] = "churned".into();
                it["profile"]["contract_end"] = "2026-03-01".into();
            }),
            account("c", |it| {
                it["profile"]["name"] = "Ärger & Söhne".into();
                it["displayed_health_band"] = "yellow".into();
                it["no_data"] = true.into();
            }),
            account("d", |it| {
                it["profile"]["contract_end"] = "2026-03-01".into();
                it["csm"]["name"] = "zoe".into();
            }),
        ]);
        let found = |filter: Filter| {
            ids(&view.list(&Query { filter, limit: 10, ..Query::default() })).join("")
        };
        let zoe = || Some(CompactString::from("zoe"));
        assert_eq!(found(Filter::default()), "abdc");
        assert_eq!(found(Filter { csm: zoe(), ..Filter::default() }), "ad");
        let scope = Some(Arc::from([CompactString::from("zoe")]));
        assert_eq!(found(Filter { scope: scope.clone(), ..Filter::default() }), "ad");
        let bands = vec![HealthBand::Red];
        assert_eq!(found(Filter { bands: bands.clone(), ..Filter::default() }), "b");
        assert_eq!(found(Filter { bands, scope, ..Filter::default() }), "");
        assert_eq!(found(Filter { left: Some(false), ..Filter::default() }), "adc");
        assert_eq!(found(Filter { left: Some(true), ..Filter::default() }), "b");
        let yellow = vec![HealthBand::Yellow];
        assert_eq!(
            found(Filter { bands: yellow, ..Filter::default() }),
            "ad",
            "of c nothing is known"
        );
        assert_eq!(found(Filter { known: Some(false), ..Filter::default() }), "c");
        assert_eq!(found(Filter { known: Some(true), ..Filter::default() }), "abd");
        let search = Some(" ärger".to_owned());
        assert_eq!(found(Filter { search, ..Filter::default() }), "c");
        let days = |days| Filter { renewal_within_days: Some(days), ..Filter::default() };
        assert_eq!(found(days(27)), "");
        assert_eq!(found(days(28)), "d");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn pages_add_up_to_the_whole_list(
            arr in proptest::collection::vec(proptest::option::of(0_i64..5), 1..30),
            limit in 1_usize..7,
            is_descending: bool,
        ) {
            let accounts: Vec<_> = arr.iter().enumerate().map(|(n, arr)| {
                account(&format!("a{n:02}"), |it| {
                    it["profile"]["arr_reporting_cents"] = serde_json::json!(arr);
                })
            }).collect();
            let view = snapshot(&accounts);
            let mut query = Query { sort: Sort::Arr, is_descending, limit, ..Query::default() };
            let mut paged = Vec::new();
            loop {
                let page = view.list(&query);
                prop_assert_eq!(page.n_total, arr.len());
                paged.extend(ids(&page));
                // A cursor goes out to the client and comes back.
                let Some(next) = page.next else { break };
                let text = serde_json::to_string(&next).unwrap();
                query.after = Some(serde_json::from_str(&text).unwrap());
            }
            let mut whole: Vec<_> = arr.iter().enumerate().collect();
            whole.sort_by_key(|(n, arr)| {
                let sign = if is_descending { -1 } else { 1 };
                (arr.is_none(), arr.map(|cents| cents * sign), *n)
            });
            let whole: Vec<_> = whole.iter().map(|(n, _)| format!("a{n:02}")).collect();
            prop_assert_eq!(paged, whole);
        }
    }
}
