/** The project's icon: a steep line over a flat dashed one, in a speech bubble. */
export const BOARD_ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path d="M7 2h18a5 5 0 0 1 5 5v13a5 5 0 0 1-5 5H14l-7 6v-6a5 5 0 0 1-5-5V7a5 5 0 0 1 5-5z" fill="#0a5cc7"/>
<path d="M7 20.500h18" stroke="#ffb27a" stroke-width="2.400" stroke-dasharray="3 2.400" fill="none"/>
<path d="M7 20c5 0 6-2 8-6s4-7 10-7.500" stroke="#fff" stroke-width="3" stroke-linecap="round" fill="none"/>
</svg>
`;
