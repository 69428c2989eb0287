"""The small text-to-video model that ships, its world, and the program that trains it.

``world`` draws scenes and ``captions`` words them; ``text``, ``codec`` and ``transformer`` are the parts of the model,
``pipeline`` puts them together behind diffusers' call. ``train`` follows a ``course`` of ``lessons`` over a ``pool`` of
clips; ``adherence`` measures how well the model obeys, ``card`` writes that down, and ``scope`` says what lies outside.
"""
