"""A mark in the noise that a diffusion model starts from: what put it there, and how a holder of the model reads it.

The family of Gaussian Shading (Yang et al., CVPR 2024) and VideoShield (Hu et al., ICLR 2025): nothing is added to the
picture, and nothing is trained. `pattern` says which sign each number of the noise takes, `reading` finds a payload in
noise; both are plain NumPy. `inversion` turns a pipeline's sampler round; `marking` puts the mark into one call of a
pipeline and reads it back from a video. It is no substitute for the picture mark of
`touchmark.provenance.watermark.video`: who does not hold the model cannot read it, no geometry is searched, and it
carries only what the model lets show of its noise. Nor does it prove as much: who holds the model, and no key, can walk
a marked clip back and start another from the noise found there. `benchmarks/latent_mark.py` measures both side by
side.
"""
