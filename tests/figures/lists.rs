//! Lists have as many rows as the figures beside them say: who clicks on "84 at risk" sees 84.
//!
//! That the figures are right is tested in `main.rs`; how lists are sorted, in `view/list.rs`.

use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::assess::lifecycle::Phase;
use customer_pulse::engine::model::churn::ChurnBand;
use customer_pulse::engine::model::health::HealthBand;
use customer_pulse::engine::output::OutputTopic;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::view::list::{Filter, Query};
use customer_pulse::view::writer::{Record, Writer};

use crate::book;

#[test]
fn lists_have_as_many_rows_as_the_figures_say() {
    let (book, today) = book();
    let now = Timestamp::from_millis(i64::from(today.number()) * 86_400_000);
    let (mut writer, view) = Writer::new(1);
    let mut take = |topic, key: &str, value: Vec<u8>| {
        writer.take(&Record { topic, partition: 0, key, value: Some(&value) }).unwrap();
    };
    for it in book {
        let (mut health, id) = (it.health.clone(), it.health.account_id.as_str());
        if health.phase == Some(Phase::Churned) {
            // It left before its contract ended: nothing of it is renewed.
            health.profile.contract_end = Some(now.plus_days(45));
        }
        take(OutputTopic::AccountHealth, id, serde_json::to_vec(&health).unwrap());
        if let Some(work) = &it.work {
            take(OutputTopic::AccountWork, id, serde_json::to_vec(work).unwrap());
        }
    }
    writer.note_progress(true, 0);
    writer.publish(now);
    let view = view.latest();
    let rows =
        |filter: Filter| view.list(&Query { filter, limit: 1, ..Query::default() }).n_total as u64;
    let stay = || Filter { left: Some(false), ..Filter::default() };
    let figures = view.figures(&Filter::default());
    let portfolio = &figures.portfolio;

    let mut pairs = vec![
        ("all", portfolio.accounts, stay()),
        ("left", portfolio.left, Filter { phases: vec![Phase::Churned], ..Filter::default() }),
        ("no data", portfolio.no_data.accounts, Filter { known: Some(false), ..stay() }),
    ];
    let bands = [&portfolio.critical, &portfolio.at_risk, &portfolio.healthy];
    for (band, tally) in HealthBand::ALL.into_iter().zip(bands) {
        pairs.push((band.name(), tally.accounts, Filter { bands: vec![band], ..stay() }));
    }
    let churn = &portfolio.churn_bands;
    let churn = [&churn.low, &churn.moderate, &churn.high, &churn.critical];
    for (band, tally) in ChurnBand::ALL.into_iter().zip(churn) {
        pairs.push((band.name(), tally.accounts, Filter { churn_bands: vec![band], ..stay() }));
    }
    let segments = &portfolio.by_segment;
    for (segment, tally) in [
        (Segment::Strategic, &segments.strategic),
        (Segment::Enterprise, &segments.enterprise),
        (Segment::MidMarket, &segments.mid_market),
        (Segment::Smb, &segments.smb),
    ] {
        pairs.push((segment.name(), tally.accounts, Filter { segments: vec![segment], ..stay() }));
    }
    let mut due = 0;
    let renewals = &portfolio.renewals;
    let windows = [&renewals.within_30, &renewals.within_60, &renewals.within_90];
    for (days, tally) in [30, 60, 90].into_iter().zip(windows) {
        due += tally.accounts;
        let filter = Filter { renewal_within_days: Some(days), ..Filter::default() };
        pairs.push(("renewals", due, filter));
    }
    for (what, count, filter) in pairs {
        assert_eq!(rows(filter), count, "{what}");
    }
    assert!(portfolio.left > 0 && portfolio.no_data.accounts > 0 && due > 0);
}
