//! `/changes`: a stream of server-sent events for those who follow along.
//!
//! What changed is kept in `view/changes.rs`; who comes back says where they were, and hears what
//! came since, or that they have to read afresh.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use compact_str::CompactString;
use futures_util::stream;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::alerts::ACCOUNT;
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Outcome, Run, Verb, schema_of_text};
use super::errors;
use crate::http::access::keys::Keys;
use crate::view::View;
use crate::view::changes::{Change, ChangeId, ChangeKind, Missed};
use crate::view::list::is_in_scope;
use crate::view::snapshot::Snapshot;

/// Where a follower was when the line broke.
const LAST_ID: &str = "Last-Event-ID";
/// After what time browsers come back.
const RETRY: Duration = Duration::from_secs(2);
/// How often a line that says nothing shows that the other end is there.
const ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// How long a stream lasts: who logged out or may no longer be here does not follow much longer.
const AGE_MAX: Duration = Duration::from_secs(15 * 60);
/// How often it is told that the figures of the portfolio moved, at most.
const PORTFOLIO_INTERVAL: Duration = Duration::from_secs(5);
/// After how many seconds there may be room for one more.
const ROOM_SECONDS: u64 = 10;

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: Verb::Get,
    path: "/changes",
    name: "followChanges",
    summary: "What changes, as it does: server-sent events",
    parameters: &[ACCOUNT],
    headers: &[(LAST_ID, "The id of the last event that was heard.")],
    body: None,
    answer: Answer {
        status: 200,
        about: "Events `account`, `alert`, `erased` (also for what moved out of sight), `reset` \
                (read afresh) and `portfolio` (its figures moved; at most every 5 s, not for a \
                single account). Their ids go into `Last-Event-ID`.",
        media: "text/event-stream",
        schema: schema_of_text,
        is_tagged: false,
    },
    refusals: &[(503, "Too many follow already.")],
    run: Run::Waits(|call| Box::pin(async move { follow(call) })),
}];

/// One who follows.
struct Follower {
    view: View,
    stop: watch::Receiver<bool>,
    /// Who began with a key that is gone follows no longer.
    keys: watch::Receiver<Keys>,
    scope: Option<Arc<[CompactString]>>,
    /// Only this account.
    account: Option<CompactString>,
    /// What was told last.
    last: ChangeId,
    /// The snapshot that was told last.
    seen: Arc<Snapshot>,
    events: VecDeque<Event>,
    /// When it ends, so that who follows shows again who they are.
    ends_at: Instant,
    /// When the portfolio may be told of next, and whether there is something to tell.
    portfolio_at: Instant,
    is_portfolio_due: bool,
    _room: OwnedSemaphorePermit,
}

fn follow(call: Call) -> Outcome {
    let room = Arc::clone(&call.site.followers).try_acquire_owned().map_err(|_| {
        errors::unavailable(ROOM_SECONDS, "too many follow changes already: come back later")
    })?;
    let seen = call.snapshot;
    let last = call.headers.get(LAST_ID).and_then(|id| id.to_str().ok());
    let mut follower = Follower {
        view: call.site.view.clone(),
        stop: call.site.stop.clone(),
        keys: call.site.access.keys_read(),
        scope: call.viewer.csms.clone(),
        account: call.given.name(ACCOUNT.name),
        last: seen.end(),
        seen: Arc::clone(&seen),
        events: VecDeque::new(),
        ends_at: Instant::now() + AGE_MAX,
        portfolio_at: Instant::now(),
        is_portfolio_due: false,
        _room: room,
    };
    match last.map(str::parse) {
        None => {
            let event = Event::default().id(seen.end().to_string()).retry(RETRY);
            follower.events.push_back(event.comment("from here on"));
        }
        Some(Ok(last)) => {
            follower.last = last;
            follower.take(&seen);
        }
        Some(Err(_)) => follower.reset(&seen),
    }
    let alive = KeepAlive::new().interval(ALIVE_INTERVAL);
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let buffering = HeaderName::from_static("x-accel-buffering");
    headers.insert(buffering, HeaderValue::from_static("no"));
    Ok(response)
}

impl Follower {
    /// The next event; nothing when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if *self.stop.borrow() {
                return None;
            }
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let portfolio_at = self.portfolio_at;
            tokio::select! {
                stopped = self.stop.changed() => stopped.ok()?,
                // Whoever still may comes back by itself, from where it was.
                _ = self.keys.changed() => return None,
                () = tokio::time::sleep_until(self.ends_at) => return None,
                snapshot = self.view.changed() => self.take(&snapshot?),
                () = tokio::time::sleep_until(portfolio_at), if self.is_portfolio_due => {
                    self.tell_portfolio();
                }
            }
        }
    }

    /// Notes what a snapshot has that was not told yet.
    fn take(&mut self, snapshot: &Arc<Snapshot>) {
        match snapshot.changes_since(self.last) {
            Missed::Reset => self.reset(snapshot),
            Missed::Changes(changes) => {
                self.is_portfolio_due |= !changes.is_empty() && self.account.is_none();
                for (id, change) in changes {
                    let event = self.event(snapshot, change);
                    self.events.extend(event.map(|event| event.id(id.to_string())));
                }
            }
        }
        self.last = snapshot.end();
        self.seen = Arc::clone(snapshot);
    }

    /// Tells to read afresh.
    fn reset(&mut self, snapshot: &Arc<Snapshot>) {
        let data = json!({ "version": snapshot.version, "as_of": snapshot.as_of });
        let event = Event::default().event("reset").retry(RETRY).data(data.to_string());
        self.events.push_back(event.id(snapshot.end().to_string()));
        self.is_portfolio_due |= self.account.is_none();
        self.last = snapshot.end();
    }

    fn tell_portfolio(&mut self) {
        let data = json!({ "version": self.seen.version, "as_of": self.seen.as_of });
        let event = Event::default().event("portfolio").data(data.to_string());
        self.events.push_back(event.id(self.last.to_string()));
        self.portfolio_at = Instant::now() + PORTFOLIO_INTERVAL;
        self.is_portfolio_due = false;
    }

    /// A change as this follower hears of it; nothing when it is none of theirs.
    fn event(&self, snapshot: &Snapshot, change: &Change) -> Option<Event> {
        let id = &change.account_id;
        if self.account.as_ref().is_some_and(|account| account != id) {
            return None;
        }
        let of = |name: &str, json: &str| Some(Event::default().event(name).data(json));
        let csm = |snapshot: &Snapshot| snapshot.account(id).map(|it| it.health.csm.clone());
        match change.kind {
            ChangeKind::Alert => {
                let csm = csm(snapshot).or_else(|| change.csm.clone());
                let is_theirs = csm.is_none_or(|csm| self.may_see(&csm));
                if is_theirs { of("alert", &change.json) } else { None }
            }
            ChangeKind::Account if change.csm.as_ref().is_none_or(|csm| self.may_see(csm)) => {
                of("account", &change.json)
            }
            // Gone, for all or for this one.
            ChangeKind::Account | ChangeKind::Erased => {
                let before = change.csm_before.as_ref();
                let was_theirs = before.is_some_and(|csm| self.may_see(csm));
                let is_theirs = self.scope.is_none() || was_theirs;
                if is_theirs {
                    of("erased", &json!({ "account_id": id }).to_string())
                } else {
                    None
                }
            }
        }
    }

    fn may_see(&self, csm: &str) -> bool {
        is_in_scope(self.scope.as_deref(), csm)
    }
}
