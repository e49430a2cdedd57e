//! Colours, and how well text on them can be read (WCAG 2.x, "contrast ratio").
//!
//! A colour moves along one path: hue and saturation stay, lightness goes by the smallest steps that eight bits per channel know. The
//! path is computed in whole numbers, so it is the same on every machine, and "nearest" means nearest on it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What text must reach on its ground (WCAG 2.2, 1.4.3 AA).
pub const TEXT_MIN: f64 = 4.5;

/// The lightness of white. A colour's lightness is its largest and its smallest channel together: the L of HSL in steps of 1/510.
const LIGHTEST: u32 = 510;

/// An opaque colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    /// White.
    pub const WHITE: Colour = Colour::of(0xFF, 0xFF, 0xFF);
    /// Black.
    pub const BLACK: Colour = Colour::of(0, 0, 0);

    /// The colour of these channels.
    #[must_use]
    pub const fn of(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#1F4E79` or `#14E`, with or without the sign, in capitals or not. None if it is no colour.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let digits = typed.strip_prefix('#').unwrap_or(typed);
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let channel = |from: usize, digits_of_one: usize| {
            let value = u8::from_str_radix(digits.get(from..from + digits_of_one)?, 16).ok()?;
            // "#14E" is "#1144EE".
            Some(if digits_of_one == 1 { value * 17 } else { value })
        };
        match digits.len() {
            3 => Some(Self::of(channel(0, 1)?, channel(1, 1)?, channel(2, 1)?)),
            6 => Some(Self::of(channel(0, 2)?, channel(2, 2)?, channel(4, 2)?)),
            _ => None,
        }
    }

    fn channels(self) -> [u8; 3] {
        [self.red, self.green, self.blue]
    }

    fn extremes(self) -> (u32, u32) {
        let [red, green, blue] = self.channels();
        (u32::from(red.max(green).max(blue)), u32::from(red.min(green).min(blue)))
    }

    /// The relative luminance, 0 for black to 1 for white.
    #[must_use]
    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.channels().map(|channel| {
            let share = f64::from(channel) / 255.0;
            // WCAG 2 writes 0.03928, sRGB 0.04045: no channel of eight bits lies between the two.
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast of two colours, 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Colour) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Whether text of this colour can be read on `ground`, or the other way round.
    #[must_use]
    pub fn is_readable_on(self, ground: Colour) -> bool {
        self.contrast(ground) >= TEXT_MIN
    }

    fn lightness(self) -> u32 {
        let (largest, smallest) = self.extremes();
        largest + smallest
    }

    /// The colour of the same hue and saturation with another lightness.
    fn with_lightness(self, lightness: u32) -> Colour {
        let (largest, smallest) = self.extremes();
        // How far the channels may lie apart at a lightness. Saturation is the share of it that they do.
        let room_at = |lightness: u32| lightness.min(LIGHTEST - lightness);
        let (room, new_room) = (room_at(largest + smallest), room_at(lightness));
        let moved = |channel: u8| {
            let value = if room == 0 {
                // Black and white have no hue to keep.
                lightness.div_ceil(2)
            } else {
                // In HSL: lightness/2 − chroma/2 + chroma × place, with all over one denominator, rounded half up.
                let over = lightness * room + 2 * new_room * (u32::from(channel) - smallest) - (largest - smallest) * new_room;
                (over + room) / (2 * room)
            };
            u8::try_from(value).unwrap_or(u8::MAX)
        };
        let [red, green, blue] = self.channels().map(moved);
        Colour::of(red, green, blue)
    }

    /// The colour itself if it can be read on `ground`; else the nearest of its hue and saturation that can, darker or lighter.
    #[must_use]
    pub fn nearest_readable_on(self, ground: Colour) -> Colour {
        let from = self.lightness();
        for distance in 0..=LIGHTEST {
            let darker = from.checked_sub(distance);
            let lighter = Some(from + distance).filter(|lightness| *lightness <= LIGHTEST);
            for lightness in [darker, lighter].into_iter().flatten() {
                let moved = self.with_lightness(lightness);
                if moved.is_readable_on(ground) {
                    return moved;
                }
            }
        }
        // Never reached: on every ground either black or white reaches at least 4.58.
        Colour::BLACK
    }

    /// A bit darker, for what is pointed at on a light page: three quarters of the lightness.
    #[must_use]
    pub fn darker(self) -> Colour {
        self.with_lightness(self.lightness() * 3 / 4)
    }

    /// A bit lighter, for what is pointed at on a dark page: a third of the way to white.
    #[must_use]
    pub fn lighter(self) -> Colour {
        let lightness = self.lightness();
        self.with_lightness(lightness + (LIGHTEST - lightness) / 3)
    }

    /// This colour thinned with so many hundredths of it on `ground`.
    #[must_use]
    pub fn wash_on(self, ground: Colour, hundredths: u8) -> Colour {
        let mixed = |own: u8, under: u8| {
            let share = u32::from(hundredths.min(100));
            let value = (u32::from(own) * share + u32::from(under) * (100 - share) + 50) / 100;
            u8::try_from(value).unwrap_or(u8::MAX)
        };
        Colour::of(mixed(self.red, ground.red), mixed(self.green, ground.green), mixed(self.blue, ground.blue))
    }
}

/// `#1F4E79`
impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.red, self.green, self.blue)
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl TryFrom<String> for Colour {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Colour::parse(&text).ok_or("not a colour")
    }
}

/// "4.5 to 1". It rounds down: what does not pass must not read as if it did.
#[must_use]
pub fn words(contrast: f64) -> String {
    format!("{:.1} to 1", (contrast * 10.0).floor() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).expect(text)
    }

    /// Many colours: the cube's corners, edges and faces in steps, and 6,000 spread all over it.
    fn many() -> impl Iterator<Item = Colour> {
        let steps = [0, 51, 102, 153, 204, 255];
        let grid = steps.into_iter().flat_map(move |r| steps.into_iter().flat_map(move |g| steps.map(|b| Colour::of(r, g, b))));
        // A multiplier that is coprime to 2^24 visits every colour once; the first 6,000 of them lie far apart.
        let spread = (0_u32..6_000).map(|n| {
            let [_, r, g, b] = (n.wrapping_mul(10_368_889) % (1 << 24)).to_be_bytes();
            Colour::of(r, g, b)
        });
        grid.chain(spread)
    }

    #[test]
    fn colours_are_read_in_both_lengths_and_written_in_one() {
        for (typed, written) in [("#1f4e79", "#1F4E79"), (" 1F4E79 ", "#1F4E79"), ("#14e", "#1144EE"), ("fff", "#FFFFFF")] {
            assert_eq!(colour(typed).to_string(), written, "{typed}");
        }
        for wrong in ["", "#", "#12", "#1234", "#12345", "#1234567", "red", "#12345g", "#+12345", "##123", "#éa", "rgb(1,2,3)"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
        let json = serde_json::to_string(&colour("#14e")).unwrap();
        assert_eq!(json, "\"#1144EE\"");
        assert_eq!(serde_json::from_str::<Colour>(&json).unwrap(), colour("#1144EE"));
        assert!(serde_json::from_str::<Colour>("\"red;}\"").is_err());
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert_eq!(words(Colour::WHITE.contrast(Colour::BLACK)), "21.0 to 1");
        assert_eq!(words(Colour::WHITE.contrast(Colour::WHITE)), "1.0 to 1");
        // Known pairs: #767676 is the lightest grey that passes on white, #777777 just does not (4.478).
        assert!(colour("#767676").is_readable_on(Colour::WHITE) && !colour("#777777").is_readable_on(Colour::WHITE));
        assert_eq!(words(colour("#777777").contrast(Colour::WHITE)), "4.4 to 1");
        assert_eq!(words(colour("#F2B705").contrast(Colour::WHITE)), "1.8 to 1");
        assert_eq!(words(colour("#1F4E79").contrast(Colour::WHITE)), "8.6 to 1");
    }

    #[test]
    fn the_nearest_of_the_drawn_page_is_the_one_that_was_drawn() {
        let nearest = colour("#F2B705").nearest_readable_on(Colour::WHITE);
        assert_eq!((nearest, words(nearest.contrast(Colour::WHITE))), (colour("#967103"), "4.5 to 1".to_owned()));
        assert_eq!(colour("#E5E5E5").nearest_readable_on(Colour::WHITE), colour("#767676"));
        assert_eq!(Colour::WHITE.nearest_readable_on(Colour::WHITE), colour("#767676"));
    }

    #[test]
    fn the_path_runs_from_black_through_the_colour_to_white_and_always_gets_lighter() {
        for colour in many().step_by(17) {
            assert_eq!(colour.with_lightness(colour.lightness()), colour, "{colour} is on its own path");
            let path: Vec<Colour> = (0..=LIGHTEST).map(|lightness| colour.with_lightness(lightness)).collect();
            assert_eq!((path[0], path[510]), (Colour::BLACK, Colour::WHITE), "{colour}");
            for pair in path.windows(2) {
                assert!(pair[0].channels().iter().zip(pair[1].channels()).all(|(a, b)| *a <= b), "{colour}: {} {}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn the_nearest_passes_and_nothing_nearer_on_its_path_does() {
        for ground in [Colour::WHITE, Colour::BLACK, colour("#1A2125"), colour("#757575"), colour("#C00000")] {
            for colour in many() {
                let nearest = colour.nearest_readable_on(ground);
                assert!(nearest.is_readable_on(ground), "{colour} on {ground}: {nearest} does not pass");
                if colour.is_readable_on(ground) {
                    assert_eq!(nearest, colour, "{colour} passes as it is");
                }
            }
            // Looked for in another way: by its distance, among all that pass.
            for colour in many().step_by(23) {
                let from = i64::from(colour.lightness());
                let passing = (0..=LIGHTEST).filter(|lightness| colour.with_lightness(*lightness).is_readable_on(ground));
                let best = passing.min_by_key(|lightness| ((i64::from(*lightness) - from).abs(), *lightness)).unwrap();
                assert_eq!(colour.nearest_readable_on(ground), colour.with_lightness(best), "{colour} on {ground}");
            }
        }
    }

    #[test]
    fn hue_and_saturation_stay() {
        // Scaled down by one factor, a colour below half lightness keeps the proportions of its channels.
        assert_eq!(colour("#50A030").with_lightness(104), colour("#285018"));
        for (dark, light) in [("#000080", "#8080FF"), ("#800000", "#FF8080")] {
            assert_eq!(colour(dark).with_lightness(383), colour(light), "{dark}");
        }
    }

    #[test]
    fn pointed_at_and_washed() {
        assert_eq!(colour("#1F4E79").wash_on(Colour::WHITE, 0), Colour::WHITE);
        assert_eq!(colour("#1F4E79").wash_on(Colour::WHITE, 100), colour("#1F4E79"));
        assert_eq!(Colour::BLACK.wash_on(Colour::WHITE, 10), colour("#E6E6E6"));
        for colour in many() {
            assert!(colour.darker().luminance() <= colour.luminance() && colour.lighter().luminance() >= colour.luminance(), "{colour}");
        }
    }

    #[test]
    fn words_round_down() {
        assert_eq!([4.499_999, 4.5, 20.99].map(words), ["4.4 to 1", "4.5 to 1", "20.9 to 1"]);
    }
}
