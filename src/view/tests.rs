//! From records to snapshots: what one sees, and when.
//!
//! What lists, figures and changes are by themselves is tested beside them.

use super::changes::{ChangeKind, Missed};
use super::samples::{NOW, account, alert, take, work};
use super::snapshot::Snapshot;
use super::writer::{Record, Writer};
use crate::engine::output::OutputTopic;

#[test]
fn a_snapshot_stays_as_it_was_and_the_next_one_has_what_came() {
    let (mut writer, view) = Writer::new(7);
    writer.note_progress(true, 0);
    take(&mut writer, OutputTopic::AccountHealth, &account("acme", |_| {}));
    assert_eq!(view.latest().accounts().len(), 0);
    writer.publish(NOW);
    let before = view.latest();
    take(
        &mut writer,
        OutputTopic::AccountWork,
        &work("acme", vec![alert("acme", "error", "open")]),
    );
    take(&mut writer, OutputTopic::Alerts, &alert("acme", "error", "open"));
    writer.publish(NOW);
    let after = view.latest();
    assert_eq!((before.version, after.version), (1, 2));
    let n_alerts = |snapshot: &Snapshot| snapshot.account("acme").unwrap().alerts().len();
    assert_eq!((n_alerts(&before), n_alerts(&after)), (0, 1));
    let acme = after.account("acme").unwrap();
    assert_eq!(acme.timeline[0].transition, "raised");
    assert_eq!(acme.health.record().account_id, "acme");
    let zoe = [compact_str::CompactString::const_new("zoe")];
    assert!(after.seen_account("acme", Some(&zoe)).is_none());
    assert!(after.seen_account("acme", None).is_some());
    // What followers of the first snapshot missed: the alert, and the account once.
    let Missed::Changes(missed) = after.changes_since(before.end()) else {
        panic!("nothing was dropped");
    };
    let kinds: Vec<_> = missed.iter().map(|(_, change)| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Alert, ChangeKind::Account]);
    writer.publish(NOW);
    assert_eq!(view.latest().version, 2, "there was nothing new");
}

#[test]
fn who_follows_while_it_is_read_reads_afresh_once_it_is_ready() {
    let (mut writer, view) = Writer::new(7);
    take(&mut writer, OutputTopic::AccountHealth, &account("acme", |_| {}));
    writer.publish(NOW);
    let (early, begun) = (view.latest(), view.latest().end());
    take(&mut writer, OutputTopic::AccountHealth, &account("acme", |_| {}));
    writer.publish(NOW);
    let is_nothing = |missed| matches!(missed, Missed::Changes(it) if it.is_empty());
    assert!(is_nothing(view.latest().changes_since(begun)) && !early.is_ready);
    writer.note_progress(true, 0);
    writer.publish(NOW);
    assert!(matches!(view.latest().changes_since(begun), Missed::Reset));
    let ready = view.latest().end();
    take(&mut writer, OutputTopic::AccountHealth, &account("acme", |_| {}));
    writer.publish(NOW);
    assert!(matches!(view.latest().changes_since(ready), Missed::Changes(it) if it.len() == 1));
}

#[test]
fn work_that_is_erased_counts_no_longer() {
    let (mut writer, view) = Writer::new(7);
    let mut answered = work("acme", Vec::new());
    answered["nps"]["promoters"] = 3.into();
    take(&mut writer, OutputTopic::AccountHealth, &account("acme", |_| {}));
    take(&mut writer, OutputTopic::AccountWork, &answered);
    writer.publish(NOW);
    assert_eq!(view.latest().figures.all.outcomes.nps.n, 3);
    let topic = OutputTopic::AccountWork;
    writer.take(&Record { topic, partition: 0, key: "acme", value: None }).unwrap();
    writer.publish(NOW);
    assert_eq!(view.latest().figures.all.outcomes.nps.n, 0);
    assert_eq!(view.latest().figures.all.portfolio.accounts, 1);
}

#[test]
fn an_alert_about_all_accounts_is_open_until_it_is_resolved() {
    let (mut writer, view) = Writer::new(7);
    for (status, n) in [("open", 1), ("acknowledged", 1), ("resolved", 0)] {
        take(&mut writer, OutputTopic::Alerts, &alert("feed:cs.product-usage", "error", status));
        writer.publish(NOW);
        assert_eq!(view.latest().fleet_alerts().len(), n, "{status}");
        assert_eq!(view.latest().accounts().len(), 0);
    }
}

#[test]
fn what_is_not_readable_is_refused_and_changes_nothing() {
    let (mut writer, view) = Writer::new(7);
    for topic in [OutputTopic::AccountHealth, OutputTopic::Alerts, OutputTopic::Playbooks] {
        let record = Record { topic, partition: 0, key: "acme", value: Some(b"{\"a\":1}") };
        let error = writer.take(&record).unwrap_err().to_string();
        assert!(error.contains(topic.name()), "{error}");
    }
    writer.publish(NOW);
    assert_eq!(view.latest().accounts().len(), 0);
}
