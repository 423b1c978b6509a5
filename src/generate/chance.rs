//! Chance from a seed: SplitMix64 and the few distributions that a believable world needs.
//!
//! Hand-written because the same seed must give the same bytes in every later release, which no
//! crate promises. What is drawn, and how often, is said where it happens.

/// One stream of chance; equal seeds and labels give equal streams.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    state: u64,
}

/// What a stream is for: streams of different purposes know nothing of one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The vendor's days.
    Vendor = 1,
    /// How an account's events travel.
    Delivery,
    /// What happens to an account.
    Life,
    /// What an account is called.
    Name,
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Chance {
    /// The stream of `subject` (an account, a day) for `purpose` under `seed`.
    pub(super) fn stream(seed: u64, purpose: Purpose, subject: u64) -> Self {
        let labelled =
            mix(seed.wrapping_add(GOLDEN)) ^ mix((purpose as u64).wrapping_mul(GOLDEN) ^ subject);
        Self { state: mix(labelled) }
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in 0..1, without 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// True with probability `p`; never for 0 and below, always from 1 on.
    pub(super) fn happens(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform in `low..high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number of `low..=high`, each alike.
    pub(super) fn whole(&mut self, low: i32, high: i32) -> i32 {
        low + (self.unit() * f64::from(high - low + 1)) as i32
    }

    /// One of the `count` places of a list, each alike; `count` must not be 0.
    pub(super) fn place(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// One entry, each alike; the list must not be empty.
    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.place(of.len())]
    }

    /// Nearly normal with mean 0 and deviation 1 (six uniforms: tails end at 4.2).
    pub(super) fn normal(&mut self) -> f64 {
        let sum: f64 = (0..6).map(|_| self.unit()).sum();
        (sum - 3.0) * std::f64::consts::SQRT_2
    }

    /// Log-normal around `median`; `spread` is the deviation of the logarithm.
    pub(super) fn around(&mut self, median: f64, spread: f64) -> f64 {
        median * (spread * self.normal()).exp()
    }

    /// How often something happens that happens `mean` times on average (Poisson).
    pub(super) fn times(&mut self, mean: f64) -> u32 {
        let floor = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > floor && count < 10_000 {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// A count whose mean is `mean`: its whole part, and one more by chance.
    pub(super) fn rounded(&mut self, mean: f64) -> u32 {
        (mean + self.unit()) as u32
    }
}

const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, purpose, subject| {
            let mut chance = Chance::stream(seed, purpose, subject);
            (0..4).map(|_| chance.bits()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7, Purpose::Life, 3), draw(7, Purpose::Life, 3));
        assert_ne!(draw(7, Purpose::Life, 3), draw(8, Purpose::Life, 3));
        assert_ne!(draw(7, Purpose::Life, 3), draw(7, Purpose::Name, 3));
        assert_ne!(draw(7, Purpose::Life, 3), draw(7, Purpose::Life, 4));
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut chance = Chance::stream(1, Purpose::Life, 1);
        let n = 20_000;
        let mean = |draw: &mut dyn FnMut() -> f64| (0..n).map(|_| draw()).sum::<f64>() / n as f64;
        assert!(mean(&mut || chance.normal()).abs() < 0.03);
        assert!((mean(&mut || chance.normal().powi(2)) - 1.0).abs() < 0.05);
        assert!((mean(&mut || f64::from(chance.times(2.5))) - 2.5).abs() < 0.05);
        assert!((mean(&mut || f64::from(chance.rounded(0.3))) - 0.3).abs() < 0.02);
        assert!((mean(&mut || f64::from(chance.whole(1, 5))) - 3.0).abs() < 0.05);
    }
}
