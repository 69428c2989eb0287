"""What a file says of its making to people and to platforms, beside the manifest: the visible label, AIGC and XMP.

``label`` says what a visible label is, ``burn`` draws it into a video while it streams, ``sight`` finds it in a video
that somebody gave us; ``aigc`` is the implicit label of GB 45438-2025 and ``xmp`` the packet with IPTC's properties.
What a law asks for is not known here: that is data, in ``policies/disclosure``. Import from the modules.
"""
