#version 330 core
// One instance is one edge: a strip of four corners around its line. Along the minor axis of the line, a pixel is covered
// by what its distance leaves of it, all at 0 px and nothing at 1 px; a slanted line covers more, to be one pixel wide.

uniform samplerBuffer points;  // starts, then ends, in pixels
uniform int inputs;
uniform int first;             // edge of instance 0
uniform vec2 size;             // of the picture, in pixels
uniform float limit;
uniform vec3 opacity;          // faintest, strongest, contrast
uniform float capacity;        // density of one sign that fits into the sums
uniform float faintest_drawn;

in float value;

flat out vec2 amount;          // what it adds to the sums where it covers a pixel
flat out float span;           // length along the major axis, in pixels
out float along;               // way from the start along the major axis
out float across;              // distance from the line along the minor axis

float strength() {
    if ((floatBitsToUint(value) & 0x7fffffffu) > 0x7f800000u || value == 0.0)  // compilers may take isnan() away
        return 0.0;
    return sign(value) * (abs(value) >= limit ? 1.0 : abs(value) / limit);
}

// The same for an edge in every picture, between 0 and 1: "PCG", Jarzynski and Olano, Hash functions for GPU rendering.
float lot(uint edge) {
    uint state = edge * 747796405u + 2891336453u;
    uint word = ((state >> ((state >> 28) + 4u)) ^ state) * 277803737u;
    return float((word >> 22) ^ word) / 4294967296.0;
}

void main() {
    int edge = first + gl_InstanceID;
    float strong = strength();
    float visible = mix(opacity.x, opacity.y, pow(abs(strong), opacity.z));
    if (visible < faintest_drawn)  // of many edges too faint for the sums, a few are drawn for all
        visible = lot(uint(edge)) * faintest_drawn < visible ? faintest_drawn : 0.0;

    vec2 start = texelFetch(points, edge % inputs).xy;
    vec2 way = texelFetch(points, inputs + edge / inputs).xy - start;
    bool steep = abs(way.y) > abs(way.x);
    vec2 turned = steep ? way.yx : way;
    span = abs(turned.x);
    float slope = span > 0.0 ? turned.y / span : 0.0;
    amount = visible / capacity * sqrt(1.0 + slope * slope) * vec2(0.5 + 0.5 * sign(strong), 0.5 - 0.5 * sign(strong));

    along = (gl_VertexID & 1) == 0 ? -0.5 : span + 0.5;
    across = (gl_VertexID & 2) == 0 ? -1.0 : 1.0;
    vec2 moved = vec2(turned.x < 0.0 ? -along : along, across + slope * along);
    vec2 corner = start + (steep ? moved.yx : moved);
    // not upside down: the first row of the framebuffer is the first row of the image
    gl_Position = visible > 0.0 ? vec4(2.0 * corner / size - 1.0, 0.0, 1.0) : vec4(2.0, 2.0, 0.0, 1.0);
}
