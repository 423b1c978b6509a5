//! What librdkafka can and rdkafka does not show: generation and member id of a group member.
//!
//! The only `unsafe` of the crate; everything else goes through rdkafka's safe interface.
#![allow(unsafe_code)]

use std::ffi::CStr;

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka_sys as sys;

/// Who a consumer is to its group's coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    /// The generation of the group; negative before the first join.
    pub generation: i32,
    /// The member id; empty before the first join.
    pub member_id: String,
}

impl Membership {
    /// Whether the coordinator checks a transactional commit with it.
    ///
    /// A commit with generation -1 or an empty member id passes the fence unchecked.
    pub(super) fn is_fenced(&self) -> bool {
        self.generation >= 0 && !self.member_id.is_empty()
    }
}

/// Reads the group metadata that `consumer` would send with a transaction now.
pub(super) fn membership<C: ClientContext + ConsumerContext>(
    consumer: &BaseConsumer<C>,
) -> Option<Membership> {
    // SAFETY: the client pointer is valid while `consumer` is borrowed. The metadata is owned by
    // us until destroyed below; the member id points into it and is copied before that.
    unsafe {
        let metadata = sys::rd_kafka_consumer_group_metadata(consumer.client().native_ptr());
        if metadata.is_null() {
            return None;
        }
        let generation = sys::rd_kafka_consumer_group_metadata_generation_id(metadata);
        let member_id = sys::rd_kafka_consumer_group_metadata_member_id(metadata);
        let member_id = if member_id.is_null() {
            String::new()
        } else {
            CStr::from_ptr(member_id).to_string_lossy().into_owned()
        };
        sys::rd_kafka_consumer_group_metadata_destroy(metadata);
        Some(Membership { generation, member_id })
    }
}
