// The storyboard as Remotion tells it.
import React from 'react';
import {AbsoluteFill, Audio, Composition, Img, OffthreadVideo, Sequence, interpolate, registerRoot, staticFile,
  useCurrentFrame} from 'remotion';

const clamp = {extrapolateLeft: 'clamp', extrapolateRight: 'clamp'};

const Scene = ({cut, fade}) => {
  const opacity = fade ? interpolate(useCurrentFrame(), [0, fade], [0, 1], clamp) : 1;
  return <AbsoluteFill style={{opacity}}><OffthreadVideo muted src={staticFile(cut.clip)} /></AbsoluteFill>;
};

const Text = ({children, size, top, color, strike}) => {
  const frame = useCurrentFrame();
  const opacity = interpolate(frame, [0, 10], [0, 1], clamp);
  const rise = interpolate(frame, [0, 10], [32, 0], clamp);
  return <div style={{position: 'absolute', left: 120, right: 120, top, opacity, color, fontSize: size,
    transform: `translateY(${rise}px)`, fontFamily: 'sans-serif', fontWeight: 800,
    textDecoration: strike ? 'line-through' : 'none'}}>{children}</div>;
};

const Story = (story) => {
  let begin = 0;
  const cuts = story.cuts.map((cut) => ({...cut, begin: (begin += cut.frames) - cut.frames}));
  const card = cuts[cuts.length - 1].begin;
  const over = cuts.length - 1;
  return <AbsoluteFill>
    {cuts.map((cut, n) => <Sequence key={n} from={cut.begin}
      durationInFrames={cut.frames + (n < over ? story.transition : 0)}>
      <Scene cut={cut} fade={n ? story.transition : 0} /></Sequence>)}
    <Sequence durationInFrames={card}><AbsoluteFill style={{height: 850,
      background: `linear-gradient(${story.primary}, transparent)`}} /></Sequence>
    <Img src={staticFile(story.logo)} style={{position: 'absolute', left: 120, top: 290}} />
    {cuts.map((cut, n) => <Sequence key={n} from={cut.begin} durationInFrames={cut.frames}>
      <Text size={88} top={cut.card ? 1000 : 470} color={story.light}>{cut.caption}</Text></Sequence>)}
    <Sequence from={card}>
      <Text size={64} top={1130} color={story.light}>{story.price}</Text>
      <Text size={44} top={1230} color={story.light} strike>{story.old_price}</Text>
      <Text size={44} top={1330} color={story.accent}>{story.button}</Text>
      <Text size={44} top={1430} color={story.light}>{story.disclaimer}</Text>
    </Sequence>
    <Audio src={staticFile(story.sound)} />
  </AbsoluteFill>;
};

registerRoot(() => <Composition id="story" component={Story} width={1080} height={1920} fps={30}
  durationInFrames={1} calculateMetadata={({props}) => ({width: props.width, height: props.height, fps: props.fps,
    durationInFrames: props.cuts.reduce((sum, cut) => sum + cut.frames, 0)})} />);
