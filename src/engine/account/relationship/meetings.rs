//! Meetings and business reviews: dates that were announced, and what came of them.
//!
//! What was promised there is kept in `action_items.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::time::Timestamp;
use crate::engine::window::day_log::DayLog;
use crate::engine::window::newest::Newest;

use super::{BusinessReview, BusinessReviewScheduled, Meeting, MeetingStatus};
use super::{ReviewKind, ReviewStatus};

/// Most dates of meetings, and of business reviews; the earliest goes.
pub const DATES_MAX: usize = 32;

/// Meetings that are not business reviews.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meetings {
    /// What came of them.
    pub attendance: Attendance,
    /// Dates that were announced.
    pub scheduled: Newest<Appointment, DATES_MAX>,
}

/// Business reviews.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reviews {
    /// What came of them, whatever their kind.
    pub attendance: Attendance,
    /// The last executive one that took place.
    pub executive_at: Option<Timestamp>,
    /// The last operational one that took place.
    pub operational_at: Option<Timestamp>,
    /// Dates that were announced.
    pub scheduled: Newest<Appointment, DATES_MAX>,
}

/// What came of arranged meetings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attendance {
    /// Those that took place.
    pub attended: DayLog,
    /// Those to which the customer did not come.
    pub missed: DayLog,
    /// The last one that took place.
    pub last_attended_at: Option<Timestamp>,
}

/// A date that was announced. One that was moved stands here twice, as announcements have no id:
/// which of them counts is for the reader to judge, by `said_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Appointment {
    /// When it will be.
    pub at: Timestamp,
    /// When that was said.
    pub said_at: Timestamp,
    /// For whom a business review is; nothing for other meetings.
    pub kind: Option<ReviewKind>,
}

impl Meetings {
    pub(super) fn note(&mut self, meeting: Meeting, at: Timestamp) {
        match (meeting.status, meeting.at) {
            (MeetingStatus::Attended, _) => self.attendance.note(at, true),
            (MeetingStatus::Missed, _) => self.attendance.note(at, false),
            (MeetingStatus::Scheduled, Some(date)) => {
                self.scheduled.add(Appointment { at: date, said_at: at, kind: None });
            }
            (MeetingStatus::Scheduled, None) => {}
        }
    }
}

impl Reviews {
    pub(super) fn note(&mut self, review: BusinessReview, at: Timestamp) {
        let is_attended = matches!(review.status, ReviewStatus::Attended);
        self.attendance.note(at, is_attended);
        let last = match review.kind.filter(|_| is_attended) {
            Some(ReviewKind::Executive) => &mut self.executive_at,
            Some(ReviewKind::Operational) => &mut self.operational_at,
            None => return,
        };
        *last = (*last).max(Some(at));
    }

    pub(super) fn note_date(&mut self, review: BusinessReviewScheduled, said_at: Timestamp) {
        self.scheduled.add(Appointment { at: review.at, said_at, kind: review.kind });
    }
}

impl Attendance {
    fn note(&mut self, at: Timestamp, is_attended: bool) {
        if is_attended {
            self.attended.add(at.day(), 1);
            self.last_attended_at = self.last_attended_at.max(Some(at));
        } else {
            self.missed.add(at.day(), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::Day;

    #[test]
    fn only_reviews_that_took_place_are_the_last_of_their_kind() {
        let day = |day: i32| Day::from_number(20_000 + day).start();
        let mut reviews = Reviews::default();
        for (status, kind, at) in [
            (ReviewStatus::Attended, Some(ReviewKind::Executive), 5),
            (ReviewStatus::Missed, Some(ReviewKind::Executive), 9),
            (ReviewStatus::Attended, None, 7),
            (ReviewStatus::Attended, Some(ReviewKind::Executive), 3),
        ] {
            reviews.note(BusinessReview { status, kind }, day(at));
        }
        assert_eq!((reviews.executive_at, reviews.operational_at), (Some(day(5)), None));
        assert_eq!(reviews.attendance.last_attended_at, Some(day(7)));
        let (attended, missed) = (&reviews.attendance.attended, &reviews.attendance.missed);
        assert_eq!((attended.since(day(5).day()), missed.since(day(5).day())), (2, 1));
    }

    #[test]
    fn dates_are_kept_latest_first_and_bounded() {
        let mut meetings = Meetings::default();
        for number in 0..40 {
            let date = Day::from_number(20_000 + number).start();
            let meeting = Meeting { status: MeetingStatus::Scheduled, at: Some(date) };
            meetings.note(meeting, Timestamp::default());
        }
        let first = meetings.scheduled.as_slice().first().map(|date| date.at.day().number());
        assert_eq!((first, meetings.scheduled.lost()), (Some(20_008), 8));
    }
}
