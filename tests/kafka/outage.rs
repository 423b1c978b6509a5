//! Three days without the service, over the start of a renewal and both deadlines of an answer to a
//! survey: what was due then happens afterwards, once, in order, and says how late it is.
//!
//! What is due when is told by stories (`tests/scenarios/`).

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::output::OutputTopic;
use customer_pulse::engine::time::{HOUR_MS, Timestamp};
use customer_pulse::generate::world::Generated;
use customer_pulse::kafka::clock::Deadline;
use serde_json::{Value, json};

use crate::broker::Broker;
use crate::follower::Follower;
use crate::history::read_topic;
use crate::installation::{Installation, now};
use crate::recount::recount;
use crate::trickle::account_in;
use crate::worlds::write;

/// How long any one thing that is waited for may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How long a process may take to end well.
const END_LIMIT: Duration = Duration::from_secs(25);
const PARTITIONS: u32 = 2;
/// So long ago it begins: the three days, and an hour after which nothing happens again.
const BACK_HOURS: i64 = 73;

/// What happens in the outage, by playbook, transition and step.
const DUE: [(&str, &str, Option<&str>); 2] =
    [("renewal_60", "started", None), ("nps_detractor", "step_overdue", Some("follow_up_call"))];

/// What is missed is said once, as of when it was due.
pub(crate) fn three_days(broker: &Broker) -> anyhow::Result<()> {
    let mut installation = Installation::new(broker, "outage", PARTITIONS)?;
    installation.make_topics()?;
    let account = account_in(1, PARTITIONS);
    let mut follower = Follower::new(&installation)?;
    // The past is where it happens: brokers refuse records from a future.
    installation.set("CLOCK__OFFSET", &format!("-{BACK_HOURS}h"));
    let process = installation.run("only")?;
    follower.until("the first day is over", LIMIT, Follower::is_caught_up)?;
    let begin = now().plus_millis(-BACK_HOURS * HOUR_MS);
    write(&installation, &events(&account, begin))?;
    await_runs(&installation, "the answer is taken up", |runs| {
        runs.iter().any(|run| is(run, ("nps_closed_loop", "started", None)))
    })?;
    process.terminate(END_LIMIT)?;
    let before = runs(&installation)?;
    ensure!(!before.iter().any(|run| DUE.iter().any(|due| is(run, *due))), "too early: {before:?}");

    for hours in [72, BACK_HOURS] {
        installation.set("CLOCK__OFFSET", &format!("-{}h", BACK_HOURS - hours));
        let process = installation.run("only")?;
        let wall = begin.plus_millis(hours * HOUR_MS);
        let is_there = |seen: &Follower| {
            let lasts = (0..seen.entries.len()).map(|number| seen.marks(number).next_back());
            lasts.flatten().filter(|(_, mark)| mark.now >= wall).count() == seen.entries.len()
        };
        await_runs(&installation, "what was due is said", |runs| {
            DUE.iter().all(|due| runs.iter().any(|run| is(run, *due)))
        })?;
        follower.until("the clock is where it must be", LIMIT, is_there)?;
        process.terminate(END_LIMIT)?;
    }
    check(&runs(&installation)?, begin)?;
    for rule in ["nps_not_notified", "nps_not_followed_up"] {
        let raised = alerts(&installation, rule)?;
        ensure!(raised == 1, "{rule} was raised {raised} times");
    }
    let counts = recount(broker, &installation)?;
    ensure!(counts.of(OutputTopic::Playbooks) > DUE.len(), "{counts}");
    Ok(())
}

/// An account whose renewal is 60 days away in the outage, and a person who would not recommend.
fn events(account: &str, at: Timestamp) -> [Generated; 2] {
    let event = |id: &str, topic: Topic, mut body: Value| {
        body["event_id"] = id.into();
        body["account_id"] = account.into();
        body["ts"] = at.to_string().into();
        let value = body.to_string().into_bytes();
        Generated { topic, account_id: account.to_owned(), broker_at: at, value }
    };
    let profile = json!({
        "type": "account_updated", "name": "Acme", "segment": "enterprise", "csm": "ana",
        "arr_cents": 12_000_000, "currency": "USD", "seats": 40, "plan": "business",
        "created_at": at.plus_days(-700).to_string(), "term_months": 12, "notice_days": 0,
        "contract_start": at.plus_days(-304).to_string(),
        "contract_end": at.plus_days(61).plus_millis(12 * HOUR_MS).to_string(),
    });
    let answer =
        json!({"type": "nps", "score": 3, "respondent_id": "r1", "survey": "relationship"});
    [event("profile", Topic::Accounts, profile), event("answer", Topic::Feedback, answer)]
}

/// Each was said once, in the order and as of the instants in which they were due.
fn check(runs: &[Value], begin: Timestamp) -> anyhow::Result<()> {
    let mut last = begin;
    for due in DUE {
        let said: Vec<&Value> = runs.iter().filter(|run| is(run, due)).collect();
        let [said] = said[..] else { bail!("{due:?} was said {} times", said.len()) };
        let at = Timestamp::parse(said["at"].as_str().context("an instant")?)?;
        let late_secs = said["late_by_seconds"].as_i64().context("a number")?;
        let wall = begin.plus_millis(72 * HOUR_MS);
        let expected_secs = wall.millis_since(at) / 1_000;
        ensure!(at > last && at < wall, "{due:?} happened at {at}, after {last}");
        // The process came a little later than three days after the answer.
        ensure!(
            (expected_secs..expected_secs + 120).contains(&late_secs),
            "{due:?} at {at} is late by {late_secs} s, not {expected_secs}"
        );
        last = at;
    }
    Ok(())
}

fn is(run: &Value, (playbook, transition, step): (&str, &str, Option<&str>)) -> bool {
    run["playbook"] == playbook && run["transition"] == transition && run["step"].as_str() == step
}

/// How often an alert of this rule was raised.
fn alerts(installation: &Installation, rule: &str) -> anyhow::Result<usize> {
    let said = read(installation, &installation.config.topics.alerts)?;
    Ok(said.iter().filter(|it| it["rule"] == rule && it["transition"] == "raised").count())
}

/// Everything that was said of runs.
fn runs(installation: &Installation) -> anyhow::Result<Vec<Value>> {
    read(installation, &installation.config.topics.playbooks)
}

fn read(installation: &Installation, topic: &str) -> anyhow::Result<Vec<Value>> {
    let records = read_topic(&installation.config, topic)?;
    let values = records.iter().flatten().map(|it| it.value.as_deref().context("a value"));
    values.map(|value| Ok(serde_json::from_slice(value?)?)).collect()
}

fn await_runs(
    installation: &Installation,
    what: &str,
    holds: impl Fn(&[Value]) -> bool,
) -> anyhow::Result<()> {
    let deadline = Deadline::after(LIMIT);
    loop {
        let runs = runs(installation)?;
        if holds(&runs) {
            return Ok(());
        }
        if deadline.is_over() {
            let said = runs.iter().map(|run| {
                format!("\n{} {} {} {}", run["at"], run["playbook"], run["transition"], run["step"])
            });
            bail!("waited {LIMIT:?} for: {what}; said was {}", said.collect::<String>());
        }
    }
}
