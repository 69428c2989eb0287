"""Tiny pipelines of real diffusers classes with random weights, built from configurations: no hub, no download.

    save("wan", folder)     # also "ltx2", with sound, "cogvideox", and "touchmark", our own class

Each is a few hundred kilobytes and renders 9 frames of 128 x 128 in under a second on one core. The pictures are
noise; what is real is everything that a gigabyte model goes through: save, load, tokenise, denoise, decode, sound.
Sizes are the smallest that keep the ratios that each class insists on.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORDS = ["a red circle moves to the left over a blue background", "two small green squares bounce", "nothing happens"]
WIDTH = 32
"""Of every text encoder."""


def save(kind: str, folder: Path) -> Path:
    """Build one of :data:`BUILDERS` and write it as ``save_pretrained`` does."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        BUILDERS[kind]().save_pretrained(folder)
    return folder


def wan() -> Any:
    """Wan 2.1, text to video: silent, 16 frames a second by convention."""
    import diffusers
    from transformers import UMT5Config, UMT5EncoderModel

    return diffusers.WanPipeline(
        tokenizer=_unigram_tokenizer(),
        text_encoder=_t5_encoder(UMT5EncoderModel, UMT5Config),
        vae=diffusers.AutoencoderKLWan(base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1),
        transformer=diffusers.WanTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=12,
            text_dim=WIDTH,
            ffn_dim=24,
            num_layers=1,
            rope_max_seq_len=64,
        ),
        scheduler=diffusers.UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True),
    )


def cogvideox() -> Any:
    """CogVideoX, text to video: another scheduler, another way to lay out frames."""
    import diffusers
    from transformers import T5Config, T5EncoderModel

    return diffusers.CogVideoXPipeline(
        tokenizer=_unigram_tokenizer(),
        text_encoder=_t5_encoder(T5EncoderModel, T5Config),
        vae=diffusers.AutoencoderKLCogVideoX(
            down_block_types=("CogVideoXDownBlock3D",) * 4,
            up_block_types=("CogVideoXUpBlock3D",) * 4,
            block_out_channels=(4, 4, 4, 4),
            latent_channels=4,
            layers_per_block=1,
            norm_num_groups=2,
        ),
        transformer=diffusers.CogVideoXTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=16,
            in_channels=4,
            out_channels=4,
            time_embed_dim=4,
            text_embed_dim=WIDTH,
            num_layers=1,
            sample_width=16,
            sample_height=16,
            sample_frames=9,
        ),
        scheduler=diffusers.CogVideoXDDIMScheduler(),
    )


def ltx2() -> Any:
    """LTX-2, text to video with stereo sound at 16 kHz."""
    import diffusers
    from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
    from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder

    tokenizer = _byte_tokenizer()
    connector = {
        "num_attention_heads": 2,
        "attention_head_dim": WIDTH // 2,
        "num_layers": 1,
        "num_learnable_registers": None,
    }
    return diffusers.LTX2Pipeline(
        tokenizer=tokenizer,
        text_encoder=_gemma_encoder(len(tokenizer)),
        connectors=LTX2TextConnectors(
            caption_channels=WIDTH,
            text_proj_in_factor=3,  # hidden states of the encoder: one per layer, and the input
            connector_rope_base_seq_len=32,
            rope_double_precision=False,
            causal_temporal_positioning=False,
            rope_type="split",
            **{f"{part}_connector_{name}": value for part in ("video", "audio") for name, value in connector.items()},
        ),
        transformer=diffusers.LTX2VideoTransformer3DModel(
            in_channels=4,
            out_channels=4,
            num_attention_heads=2,
            attention_head_dim=8,
            cross_attention_dim=16,
            audio_in_channels=4,
            audio_out_channels=4,
            audio_num_attention_heads=2,
            audio_attention_head_dim=8,
            audio_cross_attention_dim=16,
            num_layers=1,
            caption_channels=WIDTH,
            rope_double_precision=False,
            rope_type="split",
        ),
        vae=_ltx2_picture_codec(),
        audio_vae=diffusers.AutoencoderKLLTX2Audio(
            base_channels=4,
            ch_mult=(1,),
            num_res_blocks=1,
            latent_channels=2,
            resolution=32,
            mel_bins=8,
        ),
        vocoder=LTX2Vocoder(
            in_channels=16,  # 2 channels of 8 mel bins
            hidden_channels=16,
            upsample_kernel_sizes=[20, 16],
            upsample_factors=[10, 16],  # 160 samples to a mel frame
            resnet_kernel_sizes=[3],
            resnet_dilations=[[1, 3]],
            output_sampling_rate=16000,
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
    )


def touchmark() -> Any:
    """The class of the model that ships, untrained and smaller still."""
    import diffusers

    from touchmark.generation.embedded.codec import ClipCodec
    from touchmark.generation.embedded.pipeline import TouchmarkPipeline
    from touchmark.generation.embedded.text import PromptReader
    from touchmark.generation.embedded.transformer import ClipTransformer

    reader = PromptReader(vocabulary=sorted(" ".join(WORDS).split()), dim=WIDTH, depth=1, heads=2, trigrams=16)
    return TouchmarkPipeline(
        codec=ClipCodec(fine=8, coarse=8),
        reader=reader,
        transformer=ClipTransformer(dim=48, depth=1, heads=1, text_dim=WIDTH, summary_dim=reader.summary_size),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
    )


BUILDERS: dict[str, Callable[[], Any]] = {"wan": wan, "ltx2": ltx2, "cogvideox": cogvideox, "touchmark": touchmark}


def _ltx2_picture_codec() -> Any:
    import diffusers

    codec: Any = diffusers.AutoencoderKLLTX2Video(
        latent_channels=4,
        block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 16),
        layers_per_block=(1, 1),
        decoder_layers_per_block=(1, 1, 1),
        spatio_temporal_scaling=(True, True),
        decoder_spatio_temporal_scaling=(True, True),
        decoder_inject_noise=(True, False, False),
        downsample_type=("spatiotemporal", "spatiotemporal"),
        upsample_residual=(True, True),
        upsample_factor=(2, 2),
        patch_size=2,
        patch_size_t=1,
    )
    for name, weight in codec.named_parameters():
        if "per_channel_scale" in name:  # how much noise the decoder adds: 0 before training
            weight.data.fill_(0.5)
    return codec


def _gemma_encoder(vocabulary: int) -> Any:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    return Gemma3ForConditionalGeneration(
        Gemma3Config(
            text_config={
                "vocab_size": vocabulary,
                "hidden_size": WIDTH,
                "intermediate_size": WIDTH,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "head_dim": 16,
            },
            vision_config={
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "image_size": 28,
                "patch_size": 14,
            },
            mm_tokens_per_image=4,
            boi_token_index=0,
            eoi_token_index=1,
            image_token_index=2,
        )
    ).eval()


def _t5_encoder(model: Any, config: Any) -> Any:
    return model(config(vocab_size=256, d_model=WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=4)).eval()


def _unigram_tokenizer() -> Any:
    """A T5 tokenizer whose pieces were learned from :data:`WORDS`."""
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace
    from tokenizers.trainers import UnigramTrainer
    from transformers import T5Tokenizer

    draft = Tokenizer(Unigram())
    draft.pre_tokenizer = Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    trainer = UnigramTrainer(vocab_size=100, special_tokens=special, unk_token="<unk>", show_progress=False)
    draft.train_from_iterator(WORDS * 10, trainer)
    pieces = [tuple(piece) for piece in json.loads(draft.to_str())["model"]["vocab"]]
    return T5Tokenizer(vocab=pieces, extra_ids=0)


def _byte_tokenizer() -> Any:
    """A Gemma tokenizer that knows letters, and spells everything else byte by byte."""
    from transformers import GemmaTokenizer

    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    pieces = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abcdefghijklmnopqrstuvwxyz"]
    return GemmaTokenizer(vocab={piece: index for index, piece in enumerate(pieces)}, merges=[])
