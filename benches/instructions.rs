//! What folding and assessing cost per event, in instructions: the same on every machine.
//!
//! Durations are measured in `engine.rs` beside this file. It needs Valgrind and, of the version in
//! `Cargo.lock`, `cargo install gungraun-runner`.

#![allow(missing_docs)] // what the macros make is not for people

use std::hint::black_box;

use customer_pulse::engine::account::Account;
use customer_pulse::engine::assess::{Assessment, assess};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::{DEFAULT_TEXT, Model};
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::Timestamp;
use gungraun::{library_benchmark, library_benchmark_group, main};

mod history;

const USERS: usize = 20;

/// What a measurement reads.
struct Scene {
    model: Model,
    key: IdKey,
    account: Account,
    body: String,
    now: Timestamp,
}

/// Boxed, so that handing it over is not part of the measurement.
fn scene(model: Model) -> Box<Scene> {
    let (key, bodies) = (IdKey::from_secret("bench"), history::sessions(USERS));
    let account = history::account(0, &bodies, &key);
    let now = history::START.plus_days(history::DAYS);
    let mut scene = Box::new(Scene { model, key, account, body: bodies[3].clone(), now });
    // The first event of a day makes room for it.
    fold_one(&mut scene, "first");
    assess_one(&scene);
    scene
}

fn fold_one(scene: &mut Scene, id: &str) {
    let event = history::session(id, &scene.body, scene.now);
    black_box(scene.account.fold(&event, scene.now, &scene.key, &Labels::NONE));
}

fn assess_one(scene: &Scene) -> Assessment {
    assess(&scene.model, &Silences::NONE, &scene.account, scene.now)
}

#[library_benchmark(setup = scene)]
#[bench::shipped(Model::default())]
fn read_and_fold(mut scene: Box<Scene>) -> Box<Scene> {
    fold_one(&mut scene, black_box("second"));
    scene
}

/// The model that ships with each of its windows changed: their number and length must not count.
fn with_windows(change: fn(u32) -> u32) -> Model {
    let mut parts = DEFAULT_TEXT.split("window_days: ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(part.len());
        let days = part[..digits].parse().expect("days are a number");
        text.push_str(&format!("window_days: {}{}", change(days), &part[digits..]));
    }
    Model::parse(&text).expect("these windows can be asked for")
}

#[library_benchmark(setup = scene)]
#[bench::shipped(Model::default())]
#[bench::one_window(with_windows(|_| 28))]
#[bench::half_as_long_again(with_windows(|days| if days < 100 { days * 3 / 2 } else { days }))]
fn assessment(scene: Box<Scene>) -> (Box<Scene>, Assessment) {
    let assessment = assess_one(black_box(&scene));
    (scene, assessment)
}

library_benchmark_group!(name = engine, benchmarks = [read_and_fold, assessment]);

main!(library_benchmark_groups = engine);
