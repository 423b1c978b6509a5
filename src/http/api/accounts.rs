//! `/accounts` and `/renewals`: accounts filtered, searched, sorted, a page at a time.
//!
//! One account is `account.rs`; which accounts a filter lets pass is decided in `view/list.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer;
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Form, Outcome, Parameter, schema_of};
use super::paging::{self, CURSOR, LIMIT, PAGE_BYTES_MAX, Page};
use super::rows::AccountItem;
use crate::http::problem::Problem;
use crate::view::account::Account;
use crate::view::list::{Cursor, Filter, Query, Sort};

/// Renewals of so many days are listed where nothing is said.
const RENEWAL_DAYS: u16 = 90;

/// The customer-success manager.
pub(super) const CSM: Parameter = Parameter {
    name: "csm",
    form: Form::Text,
    about: "The customer-success manager, by name as published.",
};
/// Segments.
pub(super) const SEGMENT: Parameter = Parameter {
    name: "segment",
    form: Form::Words(&["enterprise", "mid_market", "smb", "strategic"]),
    about: "The segment; repeat it for several.",
};
const BAND: Parameter = Parameter {
    name: "band",
    form: Form::Words(&["red", "yellow", "green"]),
    about: "The displayed health band; repeat it for several. Without data an account is in none.",
};
const FILTERS: [Parameter; 10] = [
    BAND,
    Parameter {
        name: "no_data",
        form: Form::Flag,
        about: "Only accounts of which nothing is known yet, or only the others.",
    },
    Parameter {
        name: "left",
        form: Form::Flag,
        about: "Only accounts that left, or only those that stay, which figures count.",
    },
    Parameter {
        name: "churn_band",
        form: Form::Words(&["low", "moderate", "high", "critical"]),
        about: "The churn band; repeat it for several.",
    },
    SEGMENT,
    Parameter {
        name: "phase",
        form: Form::Words(&[
            "kickoff",
            "activation",
            "early_value",
            "adoption",
            "renewal_90",
            "renewal_60",
            "renewal_30",
            "churned",
            "won_back",
        ]),
        about: "Where the account stands in its life; repeat it for several.",
    },
    CSM,
    Parameter { name: "parent", form: Form::Text, about: "The parent account, by its id." },
    Parameter {
        name: "renewal_within_days",
        form: Form::Whole(u16::MAX),
        about: "The contract ends within so many days, has not ended yet, and the account has not \
                left.",
    },
    Parameter { name: "search", form: Form::Text, about: "A part of name or id, in any case." },
];
const LIST: &[Parameter] = &[
    FILTERS[0],
    FILTERS[1],
    FILTERS[2],
    FILTERS[3],
    FILTERS[4],
    FILTERS[5],
    FILTERS[6],
    FILTERS[7],
    FILTERS[8],
    FILTERS[9],
    Parameter {
        name: "sort",
        form: Form::Word(&[
            "name",
            "health",
            "change",
            "churn",
            "arr",
            "renewal",
            "confidence",
            "csm",
            "at",
        ]),
        about: "By what the list is sorted; `name` if it is not said. What is not known is last.",
    },
    Parameter {
        name: "order",
        form: Form::Word(&["asc", "desc"]),
        about: "The smallest first, or the largest; `asc` if it is not said.",
    },
    LIMIT,
    CURSOR,
];
const RENEWALS: &[Parameter] = &[
    Parameter {
        name: "within_days",
        form: Form::Whole(u16::MAX),
        about: "The contract ends within so many days; 90 if it is not said.",
    },
    BAND,
    SEGMENT,
    CSM,
    LIMIT,
    CURSOR,
];

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/accounts",
        "listAccounts",
        "Accounts, filtered, searched and sorted",
        Answer::json(
            "A page of accounts. It has fewer rows than asked for where they would exceed 100 kB.",
            schema_of::<Page<AccountItem>>,
        ),
        list,
    )
    .with(LIST),
    Endpoint::get(
        "/renewals",
        "listRenewals",
        "Accounts whose contract ends soon, the next one first",
        Answer::json("A page of accounts.", schema_of::<Page<Renewal>>),
        renewals,
    )
    .with(RENEWALS),
];

/// An account whose contract ends.
#[derive(Serialize, JsonSchema)]
pub(super) struct Renewal {
    #[serde(flatten)]
    account: AccountItem,
    /// Days until the contract ends, as days of UTC are counted: 0 on its last day.
    days_left: i32,
}

/// The end of a page: only good for a list of the same order.
#[derive(Serialize, Deserialize)]
struct Place {
    sort: Sort,
    is_descending: bool,
    after: Cursor,
}

fn list(call: &Call) -> Outcome {
    let given = &call.given;
    let sort = given.words("sort").first().copied().unwrap_or_default();
    let filter = Filter {
        known: given.flag("no_data").map(|no_data| !no_data),
        left: given.flag("left"),
        churn_bands: given.words("churn_band"),
        phases: given.words("phase"),
        parent: given.name("parent"),
        renewal_within_days: given.number("renewal_within_days"),
        search: given.text("search").map(str::to_owned),
        ..filter(call)
    };
    answer(call, filter, sort, given.text("order") == Some("desc"), AccountItem::new)
}

fn renewals(call: &Call) -> Outcome {
    let within = call.given.number("within_days").unwrap_or(RENEWAL_DAYS);
    let filter = Filter { renewal_within_days: Some(within), ..filter(call) };
    answer(call, filter, Sort::Renewal, false, |account| Renewal::new(call, account))
}

/// What the parameters that all lists of accounts have let pass.
pub(super) fn filter(call: &Call) -> Filter {
    let given = &call.given;
    Filter {
        bands: given.words("band"),
        segments: given.words("segment"),
        csm: given.name("csm"),
        ..call.scope()
    }
}

/// A page of accounts that is not too large.
fn answer<T: Serialize>(
    call: &Call,
    filter: Filter,
    sort: Sort,
    is_descending: bool,
    row: impl Fn(&Account) -> T,
) -> Outcome {
    let after = after(call, sort, is_descending)?;
    let tag = answer::Tag::of_view(call);
    if let Some(unchanged) = tag.unchanged(&call.headers) {
        return Ok(unchanged);
    }
    let mut query = Query { filter, sort, is_descending, after, limit: call.given.limit() };
    loop {
        let page = call.snapshot.list(&query);
        let place = page.next.map(|after| paging::write(&Place { sort, is_descending, after }));
        let items: Vec<_> = page.accounts.iter().map(|account| row(account)).collect();
        let n_rows = items.len();
        let bytes = answer::bytes(&Page::new(call, items, place.transpose()?, page.n_total))?;
        if bytes.len() <= PAGE_BYTES_MAX || n_rows <= 1 {
            return Ok(answer::json(axum::http::StatusCode::OK, tag.headers(), bytes));
        }
        query.limit = (n_rows * PAGE_BYTES_MAX / bytes.len()).clamp(1, n_rows - 1);
    }
}

fn after(call: &Call, sort: Sort, is_descending: bool) -> Result<Option<Cursor>, Problem> {
    let Some(place) = paging::read::<Place>(&call.given)? else { return Ok(None) };
    if (place.sort, place.is_descending) != (sort, is_descending) {
        return Err(paging::unreadable());
    }
    Ok(Some(place.after))
}

impl Renewal {
    /// Of an account whose contract ends.
    pub(super) fn new(call: &Call, account: &Account) -> Self {
        let today = call.snapshot.now.day().number();
        let days_left = account.health.contract_end.map_or(0, |end| end.day().number() - today);
        Self { account: AccountItem::new(account), days_left }
    }
}
