/** The words of invented comics. */

export const ADJECTIVES = [
  'Amber',
  'Borrowed',
  'Crooked',
  'Distant',
  'Elastic',
  'Folded',
  'Gentle',
  'Hollow',
  'Imaginary',
  'Jagged',
  'Kind',
  'Lunar',
  'Missing',
  'Nested',
  'Orbital',
  'Patient',
] as const;

export const NOUNS = [
  'Anchors',
  'Bicycles',
  'Clocks',
  'Deadlines',
  'Elevators',
  'Forecasts',
  'Gardens',
  'Harbours',
  'Indexes',
  'Jackets',
  'Kettles',
  'Ladders',
  'Maps',
  'Notebooks',
  'Orchards',
  'Proofs',
] as const;

/** In JSON spelling, so that a body is put together without escaping each again. */
export const SENTENCES = [
  'The kettle has opinions about thermodynamics and shares them at length.',
  'I sorted the pebbles by how surprised they looked.',
  'Two people stand beside a ladder that leads nowhere in particular.',
  'According to this map, we are standing on the legend.',
  'Every clock here is right, but about different things.',
  'My model predicts the weather of a planet we have not found yet.',
  'It is not a bug if the garden did it on purpose.',
  'We measured it twice and got three answers.',
  'The bicycle agrees with the theory, the theory does not agree with the bicycle.',
  'Someone labelled the axes \\"yes\\" and \\"later\\".',
  'She points at a graph whose line has left the paper.',
  'That is a \\u201cfeature\\u201d, said the na\\u00efve elevator.',
  'Quote: \\"the proof is left to the \\\\ reader\\".',
  'He looks up from the notebook: is zero a comic?',
  'The forecast for tomorrow is a picture of yesterday.',
  'Nobody expects the index to start at the end.',
] as const;

export const SPEAKERS = ['Ada', 'Bram', 'Cleo', 'Figure', 'Voice'] as const;

/** Titles that break careless programs, by the residue of the comic's number. */
export const ODD_TITLES: Readonly<Record<number, string>> = {
  2: '<span style="color: #0000ED">Kettle</span> of Theories',
  5: 's/ladder/lizard/',
  8: '.KTL Kettle File Format',
  11: '\u202eredrO esreveR',
  13: 'Caf&eacute; &amp; Clocks',
  17: 'Thin\u2009Space \ud83d\udea2 Harbour',
  19: 'Bell\u0007 and \u001b[31mRed\u001b[0m',
  37: '(',
  41: '../../etc/pebbles',
  43: 'Maps/Legends',
  47: '<Harbour>-Style Maps',
};
