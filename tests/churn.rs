//! What holds for any signals: bounds, sums, and that more of a sign of churn never calms anybody.
//!
//! Exact probabilities of known histories are tested in `vectors.rs`, any order of events in
//! `histories/`.

use std::sync::LazyLock;

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::assess::churn::{Churn, Circumstances, Term, observed};
use customer_pulse::engine::assess::{Assessment, assess};
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::model::churn::{ChurnBand, ContractPosition};
use customer_pulse::engine::signal::{Observed, SIGNALS, SignalId};
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::time::Timestamp;
use proptest::prelude::*;

static MODEL: LazyLock<Model> = LazyLock::new(Model::default);

fn strengths() -> impl Strategy<Value = [Option<f64>; SIGNALS]> {
    let x = prop_oneof![Just(None), Just(Some(0.0)), Just(Some(1.0)), (0.0..=1.0).prop_map(Some)];
    prop::array::uniform16(x)
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let segment = prop::sample::select(&Segment::ALL[..]);
    let position = prop::sample::select(&ContractPosition::ALL[..]);
    (segment, position, 0..=1000_u32, 0..=1000_u32).prop_map(
        |(segment, position, tenths, share)| {
            let (health_score, confidence) = (f64::from(tenths) / 10.0, f64::from(share) / 1000.0);
            Circumstances { segment, position, health_score, confidence }
        },
    )
}

fn weigh(circumstances: &Circumstances, signals: [Option<f64>; SIGNALS]) -> Churn {
    Churn::weigh(&MODEL.of(circumstances.segment).churn, circumstances, signals)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_adds_up(circumstances in circumstances(), signals in strengths()) {
        let churn = weigh(&circumstances, signals);
        for probability in [churn.probability, churn.renewal_risk] {
            prop_assert!((0.0..=1.0).contains(&probability), "{probability}");
        }
        let sum: f64 = churn.contributions.iter().map(|(_, said)| said).sum();
        prop_assert!((sum - churn.evidence).abs() < 1e-9);
        prop_assert!((churn.base + sum - churn.logit).abs() < 1e-9);
        let odds = churn.logit.exp();
        prop_assert!((odds / (1.0 + odds) - churn.probability).abs() <= 0.000_050_01);
        let terms: Vec<Term> = churn.contributions.iter().map(|(term, _)| *term).collect();
        let given = signals.iter().flatten().filter(|x| **x > 0.0).count();
        prop_assert!(terms.contains(&Term::Health) && terms.len() == given + 1);
        let sizes = churn.contributions.windows(2);
        prop_assert!(sizes.clone().all(|pair| pair[0].1.abs() >= pair[1].1.abs()));
    }

    #[test]
    fn more_of_a_signal_never_calms(
        circumstances in circumstances(), signals in strengths(),
        which in 0..SIGNALS, x in 0.0..=1.0_f64,
    ) {
        let (mut less, mut more) = (signals, signals);
        let before = signals[which].unwrap_or(0.0);
        less[which] = Some(x.min(before));
        more[which] = Some(x.max(before));
        let (less, more) = (weigh(&circumstances, less), weigh(&circumstances, more));
        prop_assert!(more.logit >= less.logit - 1e-12 && more.probability >= less.probability);
        prop_assert!(more.renewal_risk >= less.renewal_risk && more.band >= less.band);
    }

    #[test]
    fn better_health_never_alarms(
        circumstances in circumstances(), signals in strengths(), tenths in 0..=1000_u32,
    ) {
        let other = Circumstances { health_score: f64::from(tenths) / 10.0, ..circumstances };
        let is_healthier = circumstances.health_score >= other.health_score;
        let (one, other) = (weigh(&circumstances, signals), weigh(&other, signals));
        let (better, worse) = if is_healthier { (one, other) } else { (other, one) };
        prop_assert!(better.logit <= worse.logit && better.probability <= worse.probability);
        prop_assert!(better.renewal_risk <= worse.renewal_risk && better.band <= worse.band);
    }
}

/// An account that these bodies were folded into, at noon of the given days.
fn account(events: &[(Topic, &str, &str, &str)]) -> Account {
    let mut account = Account::default();
    for (number, (topic, type_name, day, body)) in events.iter().enumerate() {
        let event_id = format!("e{number}");
        let at = instant(day);
        let body = EventBody::read(*topic, type_name, &Body::Json(body)).expect("a valid body");
        let event = Event {
            event_id: Id::new(Str::borrowed(&event_id)).expect("an id"),
            account_id: Id::new(Str::borrowed("a")).expect("an id"),
            at,
            source: None,
            body,
        };
        let labels = MODEL.labels(&event.body);
        account.fold(&event, at, &IdKey::new([7; 16]), &labels);
    }
    account
}

fn instant(day: &str) -> Timestamp {
    Timestamp::parse(&format!("{day}T12:00:00Z")).expect("an instant")
}

fn believed(account: &Account, silences: &Silences, day: &str) -> Assessment {
    assess(&MODEL, silences, account, instant(day))
}

#[test]
fn texts_alone_speak_of_competitors_and_budgets() {
    let opened = r#"{"ticket_id":"t","severity":3,"subject":"We look at Vantora: budget freeze"}"#;
    let account = account(&[(Topic::Support, "ticket_opened", "2024-03-01", opened)]);
    let churn = believed(&account, &Silences::NONE, "2024-03-01").churn;
    let found = |signal| churn.signal(signal);
    assert_eq!(found(SignalId::Competitor), Some(0.8));
    assert_eq!(found(SignalId::BudgetConcern), Some(1.0));
    for signal in [SignalId::PaymentIssue, SignalId::NoExpansion, SignalId::RenewalGhosting] {
        assert_eq!(found(signal), None, "{signal:?} needs the commercial topic");
    }
    let churn = believed(&account, &Silences::NONE, "2024-04-15").churn;
    let half = churn.signal(SignalId::Competitor).expect("it was named once");
    assert!((half - 0.4).abs() < 1e-12, "a half-life later: {half}");
}

#[test]
fn a_feed_that_stopped_for_all_is_judged_as_of_its_last_record() {
    let session = r#"{"user_id":"u"}"#;
    let days: Vec<String> =
        (0..84).map(|day| instant("2024-01-01").plus_days(day).to_string()).collect();
    let mut events = vec![(Topic::Accounts, "account_updated", "2023-06-01", "{}")];
    events.extend(days.iter().map(|day| (Topic::Usage, "session", &day[..10], session)));
    let account = account(&events);
    let dropped = |silences: &Silences, day: &str| {
        believed(&account, silences, day).churn.signal(SignalId::UsageDrop)
    };
    assert_eq!(dropped(&Silences::NONE, "2024-03-25"), Some(0.0));
    assert_eq!(dropped(&Silences::NONE, "2024-05-01"), Some(1.0));
    let mut silences = Silences::NONE;
    silences.note(Topic::Usage, instant("2024-03-24"));
    assert_eq!(dropped(&silences, "2024-05-01"), Some(0.0));
}

#[test]
fn what_fed_a_signal_is_told() {
    let account = account(&[
        (Topic::Relationship, "sponsor_departed", "2024-03-01", "{}"),
        (Topic::Relationship, "sponsor_assigned", "2024-03-11", "{}"),
        (Topic::Commercial, "payment_failed", "2024-03-05", r#"{"invoice_id":"i"}"#),
    ]);
    let now = instant("2024-03-15");
    let found = |signal| -> Vec<(&str, Observed)> {
        let of_segment = MODEL.of(Segment::MidMarket);
        let found = observed(of_segment, &Silences::NONE, &account, signal, now);
        found.iter().map(|it| (it.name, it.value)).collect()
    };
    let departed_at = ("departed_at", Observed::At(instant("2024-03-01")));
    let assigned_at = ("assigned_at", Observed::At(instant("2024-03-11")));
    assert_eq!(found(SignalId::SponsorDeparted), [departed_at, assigned_at]);
    let failed = [
        ("failed_payments", Observed::Count(1)),
        ("failed_payments_unsettled", Observed::Count(1)),
        ("last_failed_at", Observed::At(instant("2024-03-05"))),
    ];
    assert_eq!(found(SignalId::PaymentIssue), failed);
    assert_eq!(found(SignalId::UsageDrop), [], "its topic is not live");
}

#[test]
fn a_segment_may_weigh_otherwise() {
    let text = include_str!("../config/model.yaml").replace(
        "by_segment:\n  smb:\n",
        "by_segment:\n  smb:\n    churn: { tiers: { strong_odds: 2 }, \
         signals: { org_change: { tier: strong } } }\n",
    );
    let model = Model::parse(&text).expect("a valid model");
    let mut signals = [None; SIGNALS];
    signals[SignalId::OrgChange.index()] = Some(1.0);
    let said = |segment| {
        let position = ContractPosition::Unknown;
        let circumstances =
            Circumstances { segment, position, health_score: 70.0, confidence: 1.0 };
        Churn::weigh(&model.of(segment).churn, &circumstances, signals).evidence.exp()
    };
    assert!((said(Segment::Smb) - 2.0).abs() < 1e-12);
    assert!((said(Segment::MidMarket) - 3.0_f64.powf(0.25)).abs() < 1e-12);
}

#[test]
fn bands_begin_where_the_model_says() {
    let churn = &MODEL.of(Segment::MidMarket).churn;
    for (probability, band) in [
        (0.7001, ChurnBand::Critical),
        (0.70, ChurnBand::High),
        (0.50, ChurnBand::High),
        (0.4999, ChurnBand::Moderate),
        (0.30, ChurnBand::Moderate),
        (0.2999, ChurnBand::Low),
    ] {
        assert_eq!(churn.band(probability), band, "{probability}");
    }
}
