//! SVG made safe. `svg-hush` keeps what it knows to be an image's and takes out scripts, handlers, foreign markup and other sites'
//! addresses; what a logo does not need beyond that goes here: every reference that leads out of the file, everything that moves, data
//! inside. What is served is only ever what came through both.

use svg_hush::Filter;
use xml::attribute::{Attribute, OwnedAttribute};
use xml::reader::XmlEvent as Read;
use xml::writer::XmlEvent as Write;
use xml::{EmitterConfig, ParserConfig};

const SVG: &str = "http://www.w3.org/2000/svg";

/// Elements that move, load or take up an image inside. Without them only shapes, text and paint are left.
const NOT_A_LOGOS: [&str; 9] =
    ["animate", "animateColor", "animateMotion", "animateTransform", "set", "image", "feImage", "color-profile", "view"];

/// How often shapes may be used again: a few levels of using twice what uses twice would take a browser minutes to draw.
const USES_MAX: usize = 32;
/// How deep elements may lie.
const DEPTH_MAX: usize = 64;

/// What came of making an SVG safe.
pub(super) struct Safe {
    /// The file to serve.
    pub bytes: Vec<u8>,
    /// How many elements and attributes were taken out.
    pub removed: u32,
}

/// Makes an SVG safe.
///
/// # Errors
/// When it is none or cannot be made safe: what to do, for the field.
pub(super) fn make_safe(bytes: &[u8]) -> Result<Safe, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "Save the SVG in UTF-8, then choose it again")?;
    // With NUL bytes between its letters a text can hide from the look below, as UTF-16.
    if text.contains('\0') {
        return Err("Save the SVG in UTF-8, then choose it again".to_owned());
    }
    // Entities within entities make a small file endless.
    if text.contains("<!ENTITY") {
        return Err("Save the SVG as plain SVG: it declares entities of its own (<!ENTITY)".to_owned());
    }
    let before = count(text).ok_or("Choose another file: this SVG cannot be read as XML")?;
    let mut hushed = Vec::new();
    Filter::new().filter(bytes, &mut hushed).map_err(|_| "Choose another file: this is no SVG")?;
    let (bytes, after) = without_the_rest(&hushed)?;
    Ok(Safe { bytes, removed: u32::try_from(before.saturating_sub(after)).unwrap_or(u32::MAX) })
}

/// How many elements and attributes there are. None if it is not XML.
fn count(text: &str) -> Option<usize> {
    let mut count = 0;
    for event in ParserConfig::new().allow_multiple_root_elements(false).create_reader(text.as_bytes()) {
        if let Read::StartElement { attributes, .. } = event.ok()? {
            count += 1 + attributes.len();
        }
    }
    Some(count)
}

/// Whether a value, or the text of a style, leads nowhere but into the file itself.
fn stays_inside(value: &str) -> bool {
    let small: String = value.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let urls_are_inside = small.split("url(").skip(1).all(|url| url.trim_start_matches(['"', '\'']).starts_with('#'));
    let rules_are_known = small.split('@').skip(1).all(|rule| rule.starts_with("media"));
    // Where something was cut out of a style, the rest may mean anything.
    let is_whole = small.matches('(').count() == small.matches(')').count();
    urls_are_inside
        && rules_are_known
        && is_whole
        && !["//", "\\", "data:", "script:", "image-set(", "src("].iter().any(|lead| small.contains(lead))
}

fn may_stay(attribute: &OwnedAttribute) -> bool {
    let name = attribute.name.local_name.as_str();
    match name {
        "href" => attribute.value.starts_with('#') && stays_inside(&attribute.value),
        "base" | "tabindex" => false,
        _ => !name.starts_with("data-") && !name.starts_with("on") && stays_inside(&attribute.value),
    }
}

/// The file without what is no logo's, and how many elements and attributes are left.
fn without_the_rest(hushed: &[u8]) -> Result<(Vec<u8>, usize), String> {
    let unreadable = |_| "Choose another file: this SVG cannot be read as XML".to_owned();
    let mut out = Vec::new();
    let mut writer = EmitterConfig::new().write_document_declaration(false).perform_indent(false).create_writer(&mut out);
    let (mut left, mut uses, mut depth, mut skipping) = (0, 0, 0_usize, 0_usize);
    // The style whose text is being read: it is written only once all of it is known.
    let mut style: Option<String> = None;
    // How deep the text lies that is being read: only there do spaces count, elsewhere they indent.
    let mut text_at: Option<usize> = None;
    for event in ParserConfig::new().create_reader(hushed) {
        match event.map_err(unreadable)? {
            Read::StartElement { name, attributes, namespace } => {
                depth += 1;
                let local = name.local_name.as_str();
                if depth == 1 && (local != "svg" || name.namespace.as_deref() != Some(SVG)) {
                    return Err("Save the SVG as plain SVG: its first element is not svg of the usual namespace".to_owned());
                }
                let has = |wanted: &str| attributes.iter().any(|attribute| attribute.name.local_name == wanted);
                if depth == 1 && !has("viewBox") && !(has("width") && has("height")) {
                    return Err("Give the SVG a viewBox: without one it has no proportions".to_owned());
                }
                if depth > DEPTH_MAX {
                    return Err(format!("Save the SVG with fewer groups: its elements lie more than {DEPTH_MAX} deep"));
                }
                if skipping > 0 || style.is_some() || NOT_A_LOGOS.contains(&local) {
                    skipping += 1;
                    continue;
                }
                if local == "style" {
                    style = Some(String::new());
                    left += 1;
                    continue;
                }
                uses += usize::from(local == "use");
                if local == "text" {
                    text_at = text_at.or(Some(depth));
                }
                let kept: Vec<Attribute<'_>> = attributes.iter().filter(|a| may_stay(a)).map(OwnedAttribute::borrow).collect();
                left += 1 + kept.len();
                let start =
                    Write::StartElement { name: name.borrow(), attributes: kept.into(), namespace: std::borrow::Cow::Owned(namespace) };
                writer.write(start).map_err(|error| error.to_string())?;
            }
            Read::EndElement { .. } => {
                text_at = text_at.filter(|at| *at < depth);
                depth = depth.saturating_sub(1);
                if skipping > 0 {
                    skipping -= 1;
                    continue;
                }
                if let Some(text) = style.take() {
                    if !stays_inside(&text) {
                        left -= 1;
                        continue;
                    }
                    writer.write(Write::start_element("style")).map_err(|error| error.to_string())?;
                    writer.write(Write::characters(&text)).map_err(|error| error.to_string())?;
                }
                writer.write(Write::end_element()).map_err(|error| error.to_string())?;
            }
            Read::Whitespace(_) if text_at.is_none() => {}
            Read::Characters(text) | Read::CData(text) | Read::Whitespace(text) => match &mut style {
                _ if skipping > 0 || depth == 0 => {}
                Some(style) => style.push_str(&text),
                None => writer.write(Write::characters(&text)).map_err(|error| error.to_string())?,
            },
            _ => {}
        }
    }
    if uses > USES_MAX {
        return Err(format!("Save the SVG as plain shapes: it uses parts of itself {uses} times, at most {USES_MAX} are taken"));
    }
    Ok((out, left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(inside: &str) -> String {
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 24 24">{inside}</svg>"#
        );
        let safe = make_safe(svg.as_bytes()).expect("it can be made safe");
        String::from_utf8(safe.bytes).unwrap()
    }

    #[test]
    fn an_image_stays_as_it_is() {
        let svg = concat!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><defs><linearGradient id="g"><stop offset="0" stop-color="#1f4e79" />"##,
            r##"</linearGradient></defs><style>.a{fill:url(#g)}@media (prefers-color-scheme:dark){.a{fill:red}}</style>"##,
            r##"<path class="a" d="M12 3 22 21z" fill="url(#g)" /><use href="#g" /><title>Acme &amp; Co</title></svg>"##
        );
        let safe = make_safe(svg.as_bytes()).unwrap();
        let text = String::from_utf8(safe.bytes).unwrap();
        assert_eq!(safe.removed, 0, "{text}");
        for kept in [
            "viewBox=\"0 0 24 24\"",
            "url(#g)",
            "M12 3 22 21z",
            "@media",
            "href=\"#g\"",
            "Acme &amp; Co",
            "xmlns=\"http://www.w3.org/2000/svg\"",
        ] {
            assert!(text.contains(kept), "{kept} is gone: {text}");
        }
    }

    #[test]
    fn nothing_that_runs_loads_or_moves_gets_through() {
        let attacks = [
            "<script>alert(1)</script>",
            "<script xlink:href='https://evil.example/x.js'/>",
            "<path onload='alert(1)' d='M0 0'/>",
            "<path ONCLICK='alert(1)' d='M0 0'/>",
            "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><img src='x' onerror='alert(1)'/></body></foreignObject>",
            "<image href='https://evil.example/track.png' width='1' height='1'/>",
            "<image href='/tenants' width='1' height='1'/>",
            "<image href='data:image/svg+xml;base64,PHN2Zy8+' width='1' height='1'/>",
            "<use xlink:href='https://evil.example/x.svg#a'/>",
            "<use href='other.svg#a'/>",
            "<use href='data:image/svg+xml,evil'/>",
            "<a href='javascript:alert(1)'><path d='M0 0'/></a>",
            "<a xlink:href='https://evil.example/'><path d='M0 0'/></a>",
            "<style>@import 'https://evil.example/x.css';</style>",
            "<style>@import url(x.css);</style>",
            "<style>path{fill:url(https://evil.example/x.svg#a)}</style>",
            "<style>path{fill:url('x.svg#a')}</style>",
            "<style>@font-face{font-family:x;src:url(/evil.woff)}</style>",
            "<style>path{background:image-set('https://evil.example/x' 1x)}</style>",
            "<style>path{fill:u\\72l(https://evil.example/)}</style>",
            "<path style='fill:url(https://evil.example/x#a)' d='M0 0'/>",
            "<path fill='url(evil.svg#a)' d='M0 0'/>",
            "<path filter='url(//evil.example/f)' d='M0 0'/>",
            "<animate attributeName='href' to='https://evil.example/'/>",
            "<set attributeName='onmouseover' to='alert(1)'/>",
            "<feImage href='https://evil.example/x.png'/>",
            "<iframe xmlns='http://www.w3.org/1999/xhtml' src='https://evil.example/'/>",
            "<handler xmlns='http://www.w3.org/2001/xml-events' type='x'>alert(1)</handler>",
            "<path xml:base='https://evil.example/' d='M0 0'/>",
            "<path data-x='evil' d='M0 0'/>",
            "<?xml-stylesheet href='https://evil.example/x.css'?>",
            "<!-- evil -->",
            "<![CDATA[<script>alert(1)</script>]]>",
        ];
        for attack in attacks {
            let text = safe(attack);
            let small = text.to_lowercase();
            for sign in [
                "evil",
                "<script",
                "onload",
                "onclick",
                "onerror",
                "onmouseover",
                "javascript",
                "import",
                "foreignobject",
                "data:",
                "<animate",
                "<set",
                "<image",
                "<feimage",
                "iframe",
                "handler",
                "xml-stylesheet",
                "font-face",
                "/tenants",
                "x.css",
                ".svg#",
            ] {
                assert!(!small.contains(sign), "{attack} leaves {sign}: {text}");
            }
            assert!(text.starts_with("<svg") && text.ends_with("</svg>") || text.ends_with("/>"), "{attack}: {text}");
        }
    }

    #[test]
    fn spaces_count_in_texts_only() {
        let text = safe("\n  <g>\n    <path d='M0 0'/>\n  </g>\n  <text><tspan>Acme</tspan> <tspan>Co</tspan></text>\n");
        assert!(text.contains("><g><path d=\"M0 0\" /></g><text>") && text.contains("Acme</tspan> <tspan>Co"), "{text}");
    }

    #[test]
    fn what_is_taken_out_is_counted() {
        let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" onload="x()"><script>1</script><path d="M0 0" onclick="y()"/></svg>"##;
        assert_eq!(make_safe(svg.as_bytes()).unwrap().removed, 3);
    }

    #[test]
    fn what_cannot_be_made_safe_is_refused_with_what_to_do() {
        let deep = format!("<svg xmlns='{SVG}' viewBox='0 0 1 1'>{}{}</svg>", "<g>".repeat(70), "</g>".repeat(70));
        let uses = format!("<svg xmlns='{SVG}' viewBox='0 0 1 1'>{}</svg>", "<use href='#a'/>".repeat(33));
        let laughs =
            "<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'>&b;</svg>";
        let wide: Vec<u8> = laughs.bytes().flat_map(|byte| [byte, 0]).collect();
        for (wrong, says) in [
            (deep.as_bytes(), "fewer groups"),
            (uses.as_bytes(), "33 times"),
            (laughs.as_bytes(), "entities"),
            (&wide, "UTF-8"),
            (b"\xff\xfe<\0s\0v\0g\0".as_slice(), "UTF-8"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><g></svg>", "XML"),
            (b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", "no SVG"),
            (b"<svg><path d='M0 0'/></svg>", "no SVG"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg>", "viewBox"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/><svg xmlns='http://www.w3.org/2000/svg'/>", "XML"),
        ] {
            let said = make_safe(wrong).map(|safe| String::from_utf8(safe.bytes)).unwrap_err();
            assert!(said.contains(says), "{said}");
        }
    }
}
