r"""Which generator a file's metadata name: by the form of its notes, or by its name where programs write theirs. Pure.

    generator_named("parameters", "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5")
    generator_named("software", "NovelAI")

Anybody can write such a note and take it out. It is believed of nobody, and an honest generator's word all the same.
Names come from the list here, so that nothing of the stranger's text is shown; those that cameras and editors share
with a generator (glasses that call Meta AI their maker) are not in it. A text that only speaks of a generator
("a talk on Midjourney") names none: a name counts where programs put theirs, or after "made with" at the beginning.
"""

from __future__ import annotations

import re
from typing import Final

_FORMS: Final = (
    ("Fooocus", ("fooocus_scheme",), r'"(?:metadata_scheme|Version)"\s{0,8}:\s{0,8}"[Ff]ooocus'),
    ("SwarmUI", (), r'"sui_image_params"\s{0,8}:'),
    ("InvokeAI", ("invokeai_metadata", "invokeai_graph", "invokeai_workflow", "sd-metadata"), None),
    ("InvokeAI", (), r'\A"[^"\n]{1,4000}" -s ?\d+ -S ?\d+ -W ?\d+ -H ?\d+'),
    ("NovelAI", (), r"\ANovelAI generated image\Z"),
    ("ComfyUI", (), r'"class_type\\{0,7}"\s{0,8}:\s{0,8}\\{0,7}"'),
    ("ComfyUI", (), r'"last_(?:node|link)_id\\{0,7}"\s{0,8}:\s{0,8}\d'),
    ("Midjourney", (), r"\bJob ID: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    ("Stable Diffusion", (), r"\bSteps: \d{1,5}, (?:[A-Z][\w ]{1,30}: [^,\n]{1,80}, ){0,3}Sampler: [^,\n]{1,60},"),
)
"""Name, what such notes are called, and what is in them: texts that no other program writes, or a person by chance."""

_NAMES: Final = {
    "ACE-Step": r"ace-?step",
    "Adobe Firefly": r"adobe firefly",
    "Bing Image Creator": r"(?:bing|microsoft) image creator|image creator from (?:microsoft|bing)",
    "ChatGPT": r"chatgpt",
    "Civitai": r"civitai",
    "CogVideoX": r"cogvideo\w*",
    "ComfyUI": r"comfyui",
    "Craiyon": r"craiyon|dall-?e mini",
    "DALL·E": r"(?:openai )?dall[·. -]?e(?: ?[23])?",
    "DiffusionBee": r"diffusionbee",
    "Draw Things": r"draw things",
    "Dreamina": r"dreamina|jimeng|即梦|seedream|seedance",
    "ElevenLabs": r"elevenlabs|eleven labs",
    "FLUX": r"flux\.?[12]|black forest labs",
    "Fooocus": r"fooocus",
    "Google Gemini": r"google gemini|gemini[ -]\d[\w.-]{0,20}|nano banana",
    "Google Imagen": r"google imagen|imagen[ -]?\d",
    "Google Veo": r"google veo|veo[ -]?\d",
    "Google's models": r"google ai",
    "Grok": r"grok imagine|xai grok|grok",
    "Hailuo": r"hailuo|minimax[ -](?:ai|video|hailuo)",
    "HunyuanVideo": r"hunyuan\w*",
    "Ideogram": r"ideogram",
    "InvokeAI": r"invoke ?ai",
    "Kling": r"kling[ -]?(?:ai|\d)",
    "Leonardo.Ai": r"leonardo\.? ?ai",
    "LTX-Video": r"ltx-?(?:video|2)",
    "Luma Dream Machine": r"(?:luma )?dream machine",
    "Meta AI": r"imagined? with (?:meta )?ai",
    "Midjourney": r"midjourney",
    "NightCafe": r"nightcafe",
    "NovelAI": r"novelai",
    "OpenAI": r"openai",
    "Pika": r"pika (?:labs|ai|art|\d)",
    "Qwen-Image": r"qwen-?image",
    "Recraft": r"recraft",
    "Runway": r"runway(?:ml)?[ -](?:gen-?\d*|ml|ai)|runwayml",
    "SD.Next": r"sd\.next",
    "Sora": r"openai sora|sora[ -]?\d",
    "Stable Audio": r"stable audio",
    "Stable Diffusion": r"stable[ -]?diffusion|automatic1111|sdxl|stable video diffusion|stability ai",
    "Suno": r"suno",
    "SwarmUI": r"swarmui|stableswarmui",
    "Udio": r"udio",
    "Wan": r"wan ?2\.\d|wan-?ai",
}
_WHERE_PROGRAMS_WRITE: Final = frozenset(
    ("software", "make", "model", "creator_tool", "credit", "system", "encoder", "encoding_tool", "source", "generator")
)
_MADE_WITH: Final = (
    r"(?:this )?(?:ai |image |picture |video |film |song |music )*(?:was )?"
    r"(?:generated|created|made|produced) (?:by|with|using) "
)
_LONGEST: Final = 120


def _any_name() -> str:
    """A group for each name, the longest ways to write one first."""
    ways = sorted(((way, at) for at, way in enumerate(_NAMES.values())), key=lambda item: -len(item[0]))
    return "|".join(f"(?P<n{at}>{way})" for way, at in ways)


_COMPILED: Final = tuple((name, called, pattern and re.compile(pattern)) for name, called, pattern in _FORMS)
_NAME: Final = re.compile(rf"(?P<made>{_MADE_WITH})?(?:{_any_name()})(?!\w)", re.IGNORECASE)
_CANONICAL: Final = tuple(_NAMES)


def generator_named(name: str, text: str) -> str:
    """The generator that a note of this name names; empty where it names none that is known.

    Args:
        name: what the note is called, in lower case; of ``com.apple.quicktime.software`` the last word counts.
        text: a stranger's.
    """
    for generator, called, pattern in _COMPILED:
        if name in called or (pattern and pattern.search(text)):
            return generator
    found = _NAME.match(text.strip()[:_LONGEST])
    if found is None or not (found["made"] or name.rpartition(".")[2] in _WHERE_PROGRAMS_WRITE):
        return ""
    return next(_CANONICAL[int(group[1:])] for group, said in found.groupdict().items() if said and group != "made")
