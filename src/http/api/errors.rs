//! What can be wrong with a request, each said once.
//!
//! How a problem is written is `http/problem.rs`.

use axum::http::StatusCode;

use crate::http::problem::Problem;

/// The request cannot be read.
pub(super) fn bad_request(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST).detail(detail)
}

/// A parameter of the query is wrong; `allowed` where all good ones can be listed.
pub(super) fn parameter(name: &str, what: &str, allowed: &[&str]) -> Problem {
    let detail = match allowed {
        [] => format!("the parameter `{name}`: {what}"),
        _ => format!("the parameter `{name}`: {what}: it is one of {}", allowed.join(", ")),
    };
    Problem::new(StatusCode::BAD_REQUEST).detail(detail).field(name).allowed(allowed)
}

/// A field of the body is wrong.
pub(super) fn field(name: &str, what: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(what).field(name)
}

/// There is no such thing, or none that the one who asks may see.
pub(super) fn not_found(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::NOT_FOUND).detail(detail)
}

/// The one who asks may not do this.
pub(super) fn forbidden(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN).detail(detail)
}

/// It will work later.
pub(super) fn unavailable(seconds: u64, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail(detail).retry_after(seconds)
}

/// Any other status.
pub(super) fn other(status: StatusCode, detail: impl Into<String>) -> Problem {
    Problem::new(status).detail(detail)
}

/// A defect of ours; what it was is in the log.
pub(super) fn internal() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
        .detail("this should not have happened: what it was is in the log")
}
