//! How much of a limit is used: a bar to 125 % with marks at 80 and 100, and the same in words.

use super::markup::Markup;
use leptos::tachys::html::InertElement;

/// From this share on, somebody should look.
const LOOK_FROM: u32 = 80;
/// From this share on, nothing is left.
const FULL_FROM: u32 = 100;
/// Where the scale ends.
const SCALE_MAX: u32 = 125;

/// The words for a share: "59 %", "86 %, above 80 %", "100 %, nothing is left".
#[must_use]
pub(crate) fn share_words(percent: u32) -> String {
    match percent {
        0..LOOK_FROM => format!("{percent} %"),
        LOOK_FROM..FULL_FROM => format!("{percent} %, {LOOK_FROM} % or more"),
        FULL_FROM => format!("{percent} %, nothing is left"),
        _ => format!("{percent} %, more than the limit"),
    }
}

/// The tone of a share; none below the first mark.
#[must_use]
pub(crate) const fn share_tone(percent: u32) -> &'static str {
    match percent {
        0..LOOK_FROM => "",
        LOOK_FROM..FULL_FROM => "warn",
        _ => "bad",
    }
}

/// The bar with its words.
#[must_use]
pub(crate) fn usage_bar(label: &str, percent: u32) -> InertElement {
    let (tone, words) = (share_tone(percent), share_words(percent));
    Markup::new("<div><svg class=\"bar ")
        .raw(tone)
        .raw("\" viewBox=\"0 0 125 8\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
        .text(label)
        .raw(": ")
        .text(&words)
        .raw("\"><rect class=\"t\" width=\"125\" height=\"8\"/><rect class=\"f\" width=\"")
        .text(&percent.min(SCALE_MAX).to_string())
        .raw("\" height=\"8\"/><path class=\"h\" d=\"M80 0v8M100 0v8\"/><path class=\"m\" d=\"M80 0v8M100 0v8\"/></svg>")
        .raw(match tone {
            "warn" => "<small class=\"warn tone\">",
            "bad" => "<small class=\"bad tone\">",
            _ => "<small>",
        })
        .text(&words)
        .raw("</small></div>")
        .draw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_change_tone_and_words() {
        let said: Vec<String> = [79, 80, 99, 100, 140].map(|percent| format!("{} {}", share_tone(percent), share_words(percent))).into();
        assert_eq!(
            said,
            [" 79 %", "warn 80 %, 80 % or more", "warn 99 %, 80 % or more", "bad 100 %, nothing is left", "bad 140 %, more than the limit"]
        );
    }
}
