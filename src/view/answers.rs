//! What became of commands, by request: the newest answers.
//!
//! Who may read one is `http/`'s business; answers that are documents are not kept here.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;

use crate::engine::output::deliverable::{COMMAND_RESULT, Deliverable};

/// How many answers are kept.
pub const ANSWERS_MAX: usize = 10_000;

/// The newest answers to commands. A clone shares them until one of the two changes.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    by_request: Arc<HashMap<CompactString, Arc<Deliverable>>>,
    /// The requests in the order in which they were answered first.
    order: Arc<VecDeque<CompactString>>,
}

impl Answers {
    /// Keeps an answer to a command; forgets the oldest one beyond [`ANSWERS_MAX`].
    pub(super) fn keep(&mut self, answer: Deliverable) {
        if answer.operation != COMMAND_RESULT {
            return;
        }
        let by_request = Arc::make_mut(&mut self.by_request);
        let request_id = answer.request_id.clone();
        if by_request.insert(request_id.clone(), Arc::new(answer)).is_none() {
            let order = Arc::make_mut(&mut self.order);
            order.push_back(request_id);
            if order.len() > ANSWERS_MAX
                && let Some(oldest) = order.pop_front()
            {
                by_request.remove(&oldest);
            }
        }
    }

    /// The answer to a request.
    pub fn get(&self, request_id: &str) -> Option<&Arc<Deliverable>> {
        self.by_request.get(request_id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_kept_by_request_up_to_a_number() {
        let mut answers = Answers::default();
        let mut keep = |request: &str, operation: &str| {
            let answer = json!({
                "account_id": "acme", "at": "2026-01-31", "model_version": "1",
                "request_id": request, "operation": operation,
                "command": "log_touchpoint", "status": "applied", "error": null,
            });
            answers.keep(serde_json::from_value(answer).unwrap());
        };
        keep("report", "assess_health");
        for n in 0..=ANSWERS_MAX {
            keep(&format!("r{n}"), "command_result");
        }
        assert!(answers.get("report").is_none() && answers.get("r0").is_none());
        assert!(answers.get("r1").is_some());
    }
}
