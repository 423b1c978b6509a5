//! Outputs to view: reads the output topics from their beginning, committed records only.
//!
//! No group: each process has the whole view. What is kept of it is said in `view/`.

use std::time::Duration;

use rdkafka::Offset;
use rdkafka::message::Message;

use super::client;
use super::failure::Failure;
use super::reader::Reader;
use super::setup::Setup;
use crate::engine::output::OutputTopic;
use crate::view::View;

/// How long one look for a record waits; also how long a stop may go unseen.
const POLL: Duration = Duration::from_millis(100);

/// Feeds `view` until the process is asked to stop.
///
/// # Errors
/// When the output topics cannot be read.
pub fn run(setup: &Setup, view: &View) -> Result<(), Failure> {
    let reader = Reader::new(&client::whole_reader(&setup.config, "view"))?;
    let health = setup.output_names[OutputTopic::AccountHealth.index()].as_str();
    let alerts = setup.output_names[OutputTopic::Alerts.index()].as_str();
    let positions: Vec<_> = (0..setup.partitions.cast_signed())
        .flat_map(|number| [health, alerts].map(|topic| (topic, number, Offset::Beginning)))
        .collect();
    reader.assign(&positions)?;
    while !setup.status.is_draining() {
        let Some(message) = reader.poll(POLL)? else { continue };
        let key = message.key().and_then(|key| std::str::from_utf8(key).ok()).unwrap_or_default();
        let taken = match message.payload() {
            value if message.topic() == health => view.take_health(key, value),
            Some(value) => view.take_alert(value),
            None => Ok(()),
        };
        if let Err(error) = taken {
            let (partition, offset) = (message.partition(), message.offset());
            tracing::error!(partition, offset, %error, "an output record was skipped");
        }
    }
    Ok(())
}
