"""What does a guard model say of this prompt? An optional second stage of the gate that can only make it stricter.

    guard = load_guard(policy.guard)
    decision = escalated(decision, policy, guard, texts, requester)

- :mod:`.model` is the seam: ``GuardModel``, what it flags, and how it fails.
- :mod:`.families` speaks to Llama Guard 3, ShieldGemma and Qwen3Guard; :mod:`.answers` reads what they say.
- :mod:`.language_model` runs weights from a local folder.
- :mod:`.stage` is what the gate calls.

Nothing here imports torch until a policy names a guard.
"""
