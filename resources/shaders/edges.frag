#version 330 core
// What an edge adds to the sums of a pixel, one for each sign.

flat in vec2 amount;
flat in float span;
in float along;
in float across;

out vec2 sums;

void main() {
    float coverage = max(1.0 - abs(across), 0.0) * clamp(min(along, span - along) + 0.5, 0.0, 1.0);
    sums = amount * coverage;
}
