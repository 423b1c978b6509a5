//! What the shipped model finds in texts, and what is kept of them: labels, in any order, no text.
//!
//! How terms are looked for is tested beside the code (`src/engine/text/`).

use std::sync::{Arc, LazyLock};

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::fact::{Fact, FactKind, Folded};
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::assess::assess;
use customer_pulse::engine::assess::texts::{CategoryFigures, TextFigures};
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::id::{IdKey, name_hash};
use customer_pulse::engine::metric::MetricId;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::OutputBody;
use customer_pulse::engine::signal::SignalId;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::state::StateChange;
use customer_pulse::engine::text::{Label, Labels};
use customer_pulse::engine::time::{DAY_MS, Day, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use proptest::prelude::*;
use serde_json::json;

const KEY: IdKey = IdKey::new([3; 16]);
const FIRST_DAY: i32 = 19_800;

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(Arc::default);

/// A made-up event: its type and its fields.
#[derive(Clone, Debug)]
struct Made {
    id: usize,
    type_name: &'static str,
    body: String,
    at: Timestamp,
}

impl Made {
    fn topic(&self) -> Topic {
        let topic = Topic::ALL.into_iter().find(|topic| topic.types().contains(&self.type_name));
        topic.expect("a known type")
    }

    fn with<R>(&self, then: impl FnOnce(&Event<'_>) -> R) -> R {
        let event_id = self.id.to_string();
        let body = EventBody::read(self.topic(), self.type_name, &Body::Json(&self.body));
        then(&Event {
            event_id: Id::new(Str::borrowed(&event_id)).expect("digits are an id"),
            account_id: Id::new(Str::borrowed("a")).expect("a letter is an id"),
            at: self.at,
            source: None,
            body: body.expect("valid fields"),
        })
    }

    fn fold_into(&self, account: &mut Account) -> Folded {
        self.with(|event| account.fold(event, self.at, &KEY, &MODEL.labels(&event.body)))
    }
}

fn instant(day: i32, part: u32) -> Timestamp {
    Day::from_number(FIRST_DAY + day).start().plus_millis(i64::from(part) * DAY_MS / 4)
}

fn made(id: usize, type_name: &'static str, body: &serde_json::Value, day: i32) -> Made {
    Made { id, type_name, body: body.to_string(), at: instant(day, 1) }
}

fn labels(text: &str) -> Labels {
    let note = made(1, "note", &json!({"channel": "mail", "text": text}), 0);
    note.with(|event| MODEL.labels(&event.body))
}

#[test]
fn the_shipped_model_knows_mentions_when_it_sees_them() {
    for (text, competitor, budget) in [
        ("We are evaluating Vantora as an alternative.", true, false),
        ("Some teams would rather switch to KLARFLOW.", true, false),
        ("Wir wechseln zu Brightdesk!", true, false),
        ("Our budget was cut, we have to look at every licence.", false, true),
        ("Too expensive for us this year, there is a budget freeze.", false, true),
        ("Finance wants us to reduce cost, we may need fewer seats.", false, true),
        ("There is no budget for a renewal at this price; Omnisight is cheaper.", true, true),
        ("The budgetary view of the dashboard is fine, the budget is approved.", false, false),
        ("Vantoras are birds.", false, false),
    ] {
        let found = labels(text);
        let has = |label| found.terms.iter().any(|found| found.label == label);
        assert_eq!((has(Label::Competitor), has(Label::Budget)), (competitor, budget), "{text}");
    }
}

#[test]
fn the_shipped_model_knows_feedback_and_mood_when_it_sees_them() {
    let unknown = None;
    for (text, category, mood) in [
        ("Too many bugs, and support is slow.", "bug", Some(-1)),
        ("We are waiting minutes, it is sluggish and freezes.", "performance", Some(-1)),
        ("It would be nice to have keyboard shortcuts.", "feature_request", Some(1)),
        ("How can I set up a second team? The manual does not say.", "documentation", Some(0)),
        ("Please change our invoice address.", "pricing", Some(0)),
        ("Easy to use and fast, our team is very happy.", "usability", Some(1)),
        ("The api is not reliable.", "integration", Some(-1)),
        ("There is an outage, nobody can work. This is unacceptable.", "reliability", Some(-1)),
        ("Leider ist die API sehr langsam.", "integration", unknown),
    ] {
        let found = labels(text);
        let label = Label::Category(name_hash(category));
        assert!(found.terms.iter().any(|found| found.label == label), "{text}: {found:?}");
        let sign = found.sentiment.map(|sentiment| i16::signum(sentiment / 100));
        assert_eq!(sign, mood, "{text}: {found:?}");
    }
    for text in ["Any news on this?", "Here is the log file you asked for.", "Please help"] {
        assert_eq!(labels(text).sentiment, Some(0), "{text}");
    }
    assert_eq!(labels("  \n"), Labels::NONE);
}

#[test]
fn subject_and_body_are_one_text_and_every_kind_of_text_is_read() {
    let text = "Vantora, Vantora and Brightdesk";
    for (type_name, body) in [
        ("ticket_opened", json!({"ticket_id": "t", "severity": 1, "subject": text, "body": text})),
        ("ticket_opened", json!({"ticket_id": "t", "severity": 1, "body": text})),
        ("ticket_updated", json!({"ticket_id": "t", "body": text})),
        ("nps", json!({"score": 3, "comment": text})),
        ("note", json!({"channel": "chat", "text": text})),
    ] {
        let mut account = Account::new(Memory::All);
        let folded = made(1, type_name, &body, 5).fold_into(&mut account);
        assert_eq!(account.competitor_mentions(Day::from_number(FIRST_DAY)), 1, "{type_name}");
        let Folded::Applied(facts) = folded else { panic!("{type_name}: {folded:?}") };
        let named = |fact: Fact| fact.is(FactKind::CompetitorMention);
        assert!(facts.into_each().any(named), "{type_name}");
        assert!(account.is_competition_known() && !account.commercial.feed.is_live());
    }
    let answer = made(1, "nps", &json!({"score": 3, "comment": text}), 5);
    let folded = answer.fold_into(&mut Account::new(Memory::All));
    let Folded::Applied(facts) = folded else { panic!("{folded:?}") };
    let kinds: Vec<FactKind> = facts.into_each().flat_map(|fact| fact.kinds.iter()).collect();
    assert_eq!(kinds, [FactKind::Nps, FactKind::NpsDetractor, FactKind::CompetitorMention]);
}

const TEXTS: [&str; 8] = [
    "We are happy, the api is fast and reliable.",
    "This is terrible, too many bugs and crashes.",
    "Vantora is better, and there is a budget freeze.",
    "There is no budget for Klarflow or Vantora",
    "Wir sind enttäuscht, alles ist kaputt. Bug!",
    "Slow, slow, slow: timeouts in the export. This is broken.",
    "The docs are confusing and the price is too high",
    "",
];

/// Texts of all facets, escalations before their tickets, ties and copies, in no order.
fn histories() -> impl Strategy<Value = Vec<Made>> {
    let one = (0..6_usize, 0..TEXTS.len(), 1..6_u32, 0..150_i32, 0..4_u32);
    prop::collection::vec(one, 1..80).prop_map(|things| {
        let made =
            |(id, (kind, text, ticket, day, part)): (usize, (usize, usize, u32, i32, u32))| {
                let (text, ticket_id) = (TEXTS[text], format!("t{ticket}"));
                let severity = 1 + ticket % 4;
                let feature = format!("f{}", ticket % 2);
                let (type_name, body) = match kind {
                    0 => ("nps", json!({"score": 5, "comment": text, "respondent_id": ticket_id})),
                    1 => ("note", json!({"channel": "mail", "text": text})),
                    2 => ("ticket_updated", json!({"ticket_id": ticket_id, "body": text})),
                    3 => ("ticket_updated", json!({"ticket_id": ticket_id, "severity": severity})),
                    4 => ("ticket_escalated", json!({"ticket_id": ticket_id})),
                    _ => (
                        "ticket_opened",
                        json!({"ticket_id": ticket_id, "severity": severity, "subject": text,
                        "feature": feature}),
                    ),
                };
                Made { id, type_name, body: body.to_string(), at: instant(day, part) }
            };
        let mut history: Vec<Made> = things.into_iter().enumerate().map(made).collect();
        let copies: Vec<Made> = history.iter().step_by(7).cloned().collect();
        history.extend(copies);
        history
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_texts_gives_the_same_state(history in histories(), turn in 0..80_usize) {
        let fold = |history: &[Made]| {
            let mut account = Account::new(Memory::All);
            for made in history {
                made.fold_into(&mut account);
            }
            account
        };
        let account = fold(&history);
        let mut other: Vec<Made> = history.iter().rev().cloned().collect();
        other.rotate_left(turn % history.len());
        let mut found = fold(&other);
        // How many copies came is told, and which event came last, by the order of arrival.
        let figures = |account: &Account| {
            format!("{:?}", TextFigures::of(account, &MODEL.texts, instant(150, 2)))
        };
        prop_assert_eq!(figures(&found), figures(&account));
        prop_assert!(found.texts().iter().zip(account.texts()).all(|(one, other)| *one == other));
        prop_assert_eq!(&found.support.escalations, &account.support.escalations);
        prop_assert_eq!(&found.support.tickets, &account.support.tickets);

        let bytes = postcard::to_allocvec(&account).unwrap();
        found = postcard::from_bytes(&bytes).unwrap();
        prop_assert_eq!(found, account);
    }
}

#[test]
fn figures_are_recounts_of_what_was_said() {
    let mut account = Account::new(Memory::All);
    let note = |text: &str| json!({"channel": "mail", "text": text});
    let (glad, cross) = ("This is great.", "This is terrible, a bug.");
    for (id, (text, day)) in
        [(glad, 5), (glad, 6), (glad, 7), (cross, 40), (cross, 41), (glad, 42)].iter().enumerate()
    {
        made(id, "note", &note(text), *day).fold_into(&mut account);
    }
    let figures = |now: i32| TextFigures::of(&account, &MODEL.texts, instant(now, 0));
    let of = |text: &str| f64::from(labels(text).sentiment.expect("English")) / 1000.0;
    let close = |found: Option<f64>, wanted: f64| (found.unwrap() - wanted).abs() < 1e-9;
    let recent = (2.0 * of(cross) + of(glad)) / 3.0;
    let found = figures(50);
    assert_eq!(found.sentiment.texts, 3);
    assert!(close(found.sentiment.mean, recent) && close(found.sentiment.trend, recent - of(glad)));
    let bugs = CategoryFigures { texts: 2, texts_before: 0 };
    assert_eq!(found.categories.get(&name_hash("bug")), Some(&bugs));
    assert_eq!(found.categories.get(&name_hash("nothing")), None);
    // One of the texts before has left the window: they are too few.
    assert_eq!(figures(96).sentiment.trend, None);
    assert_eq!(figures(200).sentiment.mean, None);
}

#[test]
fn escalations_have_a_feature_and_a_severity_in_common() {
    let mut account = Account::new(Memory::All);
    let ticket = |id: &str, severity: u8| {
        let feature = "search";
        json!({"ticket_id": id, "severity": severity, "feature": feature})
    };
    let escalated = |id: &str| json!({"ticket_id": id});
    let events = [
        made(1, "ticket_escalated", &escalated("t1"), 10),
        made(2, "ticket_escalated", &escalated("t2"), 12),
        made(3, "ticket_opened", &ticket("t1", 1), 9),
    ];
    let pattern = |account: &Account, day| {
        let found = TextFigures::of(account, &MODEL.texts, instant(day, 0)).escalations;
        let feature = found.feature.map(|several| (name_hash(several.of), several.escalations));
        (feature, found.severity.map(|several| (several.of, several.escalations)))
    };
    for event in &events {
        event.fold_into(&mut account);
    }
    assert_eq!(pattern(&account, 20), (None, None), "the ticket of one is not known yet");
    let late = made(4, "ticket_opened", &ticket("t2", 2), 11);
    late.fold_into(&mut account);
    assert_eq!(pattern(&account, 20), (Some((name_hash("search"), 2)), None));
    made(5, "ticket_updated", &json!({"ticket_id": "t2", "severity": 1}), 12)
        .fold_into(&mut account);
    assert_eq!(pattern(&account, 20), (Some((name_hash("search"), 2)), Some((1, 2))));
    assert_eq!(pattern(&account, 41), (None, None), "one of them was more than 30 days ago");
}

/// Words that stand in no model: each must be gone once its text was read.
const SECRETS: [&str; 6] = ["Quirinal", "zebrafish", "kumquat", "Ölpumpe", "xylophone", "Vantorax"];

#[test]
fn no_text_is_kept_or_published() {
    let mut engine = Engine::new(Arc::clone(&MODEL), KEY, Memory::Bounded);
    let [one, two, three, four, five, six] = SECRETS;
    let text = format!(
        "{one} says the {two} export is broken: no budget for {three}, Vantora’s {four} is \
         superior. Dial {five}@example.org or +49 555 0173, {six}!"
    );
    let events = [
        ("account_updated", json!({"name": "Acme", "seats": 5})),
        ("ticket_opened", json!({"ticket_id": "t", "severity": 1, "subject": text, "body": text})),
        ("ticket_updated", json!({"ticket_id": "t", "body": text})),
        ("nps", json!({"score": 3, "comment": text, "respondent_id": one})),
        ("note", json!({"channel": "chat", "text": text})),
    ];
    for (id, (type_name, body)) in events.iter().enumerate() {
        let event = made(id, type_name, body, 5 + id as i32);
        let origin = Origin { offset: id as i64, broker_at: event.at };
        event.with(|event| engine.apply(event, origin));
        engine.finish_step(event.at, 10);
    }
    let mut written = String::new();
    engine.take_changes(|change| {
        written += &match change.state {
            StateChange::Usage(state) => serde_json::to_string(&state),
            StateChange::Rest(state) | StateChange::Erased(state) => serde_json::to_string(&state),
            StateChange::Said(state) => serde_json::to_string(&state),
            StateChange::Gone => Ok(String::new()),
        }
        .expect("state is data");
    });
    let mut published = 0;
    for output in engine.take_outputs() {
        written += &match &output.body {
            OutputBody::Health(health) => {
                published += 1;
                serde_json::to_string(health)
            }
            OutputBody::Alert(alert) => serde_json::to_string(alert),
            OutputBody::Run(run) => {
                // The one place where a respondent is named: to whoever is to answer them.
                let mut run = run.clone();
                let named = run.context.remove("respondent_id").is_some();
                assert!(!named || run.playbook.starts_with("nps_"), "{}", run.playbook);
                serde_json::to_string(&run)
            }
            OutputBody::Work(work) => serde_json::to_string(work),
            _ => Ok(String::new()),
        }
        .expect("a record is data");
    }
    assert!(published > 0 && written.contains("\"Vantora\"") && written.contains("no budget"));
    let written = written.to_lowercase();
    for secret in SECRETS.into_iter().chain(["example.org", "555 0173", "superior", "dial"]) {
        assert!(!written.contains(&secret.to_lowercase()), "{secret} was kept");
    }
}

#[test]
fn faults_of_the_terms_are_named() {
    let problems = |from: &str, to: &str| {
        let text = customer_pulse::engine::model::DEFAULT_TEXT;
        assert!(text.contains(from), "{from}");
        Model::parse(&text.replacen(from, to, 1)).expect_err("it is a fault").to_string()
    };
    for (from, to, fault) in [
        ("[Vantora,", "[\"--\",", "texts.competitors[0]: `--` must have a letter or digit"),
        ("please: 0", "please: 9", "texts.sentiment.please: must"),
        ("bytes_max: 4096", "bytes_max: 1", "texts.bytes_max: must"),
        ("baseline_days: 60\n  # There", "baseline_days: 360\n  # There", "texts.baseline_days"),
        ("escalations_min: 2", "escalations_min: 0", "texts.escalation_pattern.escalations_min"),
    ] {
        let found = problems(from, to);
        assert!(found.contains(fault), "{fault}: {found}");
    }
}

#[test]
fn a_mention_in_a_text_counts_as_the_event_and_brings_nothing_else_of_the_topic() {
    let text = "Vantora is cheaper and there is no budget.";
    let (mut told, mut read) = (Account::new(Memory::All), Account::new(Memory::All));
    made(1, "competitor_mention", &json!({}), 5).fold_into(&mut told);
    made(2, "budget_concern", &json!({}), 5).fold_into(&mut told);
    made(1, "note", &json!({"channel": "mail", "text": text}), 5).fold_into(&mut read);
    let score = |account: &Account, metric| {
        let found = assess(&MODEL, &Silences::NONE, account, instant(20, 2));
        found.metric(metric)
    };
    for metric in [MetricId::C4, MetricId::C5] {
        assert_eq!(score(&read, metric), score(&told, metric), "{metric:?}");
        assert!(score(&read, metric).is_some(), "{metric:?}");
    }
    let signals = |account: &Account| {
        let churn = assess(&MODEL, &Silences::NONE, account, instant(20, 2)).churn;
        [SignalId::Competitor, SignalId::BudgetConcern, SignalId::PaymentIssue]
            .map(|signal| churn.signal(signal))
    };
    let [competitor, budget, payment] = signals(&told);
    assert!(competitor > Some(0.0) && budget > Some(0.0) && payment.is_some());
    assert_eq!(signals(&read), [competitor, budget, None]);
    for metric in [MetricId::C1, MetricId::C2, MetricId::C3] {
        assert_eq!(score(&read, metric), None, "{metric:?}");
    }
    assert!(score(&told, MetricId::C3).is_some());
    // A confirmation that came after the text outweighs what it says.
    let confirmed = json!({"status": "confirmed"});
    made(3, "budget_status", &confirmed, 4).fold_into(&mut read);
    let before = score(&read, MetricId::C4);
    made(4, "budget_status", &confirmed, 6).fold_into(&mut read);
    assert!(score(&read, MetricId::C4) > before);
}
