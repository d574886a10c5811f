#version 330 core
// Looks up the colour of a pixel by the sums of its positive and negative edges: see tone_table() in faint_edges.py.

uniform sampler2D sums;
uniform sampler2D tones;      // one row for each density, one column for each balance
uniform float densest;
uniform float capacity;

out vec4 colour;

void main() {
    vec2 each = texelFetch(sums, ivec2(gl_FragCoord.xy), 0).xy * capacity;
    float density = each.x + each.y;
    float balance = density > 0.0 ? each.x / density : 0.5;
    vec2 place = vec2(balance, sqrt(min(density / densest, 1.0)));
    colour = texelFetch(tones, ivec2(place * vec2(textureSize(tones, 0) - 1) + 0.5), 0);
}
